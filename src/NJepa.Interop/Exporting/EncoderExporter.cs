using System.Text;
using System.Text.Json;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Writes encoders under the names of others.</summary>
internal static class EncoderExporter
{
    private const double Epsilon = 1e-6;
    private const string Safetensors = ".safetensors";
    private static readonly string[] WeightsExtensions = [Safetensors, ".pth.tar", ".pth", ".pt", ".bin", ".ckpt", ".onnx"];
    private static readonly string[] Architectures = ["IJepaModel"];
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private const string SizeKey = EncoderWeights.ConfigurationKey;

    public static void Save(ViTEncoder encoder, string path, WeightNaming naming, ImageNormalization normalization)
    {
        if (encoder.Configuration.NormAfterPooling && naming is WeightNaming.HuggingFace or WeightNaming.IJepa)
        {
            throw new ArgumentException($"{encoder.Configuration.Title} has its final norm after pooling, which {naming} networks do not; save it as {WeightNaming.Timm} or {WeightNaming.NJepa}.", nameof(naming));
        }

        RefuseOtherFormat(path, naming);
        using DisposeScope scope = NewDisposeScope();
        switch (naming)
        {
            case WeightNaming.NJepa:
                encoder.Save(path);
                break;
            case WeightNaming.Timm:
                SafetensorsFile.Write(path, Tensors(encoder, EncoderNames.Torch), Metadata(encoder));
                break;
            case WeightNaming.IJepa:
                Dictionary<string, object> module = ModelExporter.Module(Tensors(encoder, EncoderNames.Torch));
                PyTorchFile.Write(path, new Dictionary<string, object> { ["encoder"] = module, ["target_encoder"] = module, ["epoch"] = 0, [SizeKey] = Metadata(encoder)[SizeKey] });
                break;
            case WeightNaming.HuggingFace:
                SaveFolder(encoder, path, normalization);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(naming), naming, $"There is no naming {(int)naming}; it is one of {string.Join(", ", Enum.GetNames<WeightNaming>())}.");
        }
    }

    /// <summary>The encoder's tensors and its position table <c>[1,L,D]</c> under the names of a scheme; a scope of the caller frees the views.</summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Tensors(ViTEncoder encoder, EncoderNames names)
    {
        yield return KeyValuePair.Create(names.Positions, encoder.PositionsLD.unsqueeze(0));
        foreach (WeightPart part in names.PartsOf(encoder.Configuration, encoder.Configuration.NormAfterPooling))
        {
            Tensor value = encoder.Parameters[encoder.Prefix + part.Parameter].Value;
            long rows = value.size(0) / part.Parts;
            yield return KeyValuePair.Create(part.Source, part.Parts == 1 ? value : value.narrow(0, part.Part * rows, rows));
        }
    }

    // A name that says another format than the file has misleads every program that goes by it.
    private static void RefuseOtherFormat(string path, WeightNaming naming)
    {
        string? found = Array.Find(WeightsExtensions, extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
        string wanted = naming switch { WeightNaming.HuggingFace => "a folder", WeightNaming.IJepa => "a PyTorch file such as 'encoder.pth.tar'", _ => "a file such as 'encoder.safetensors'" };
        bool fits = found is null || (naming is not WeightNaming.HuggingFace && (found == Safetensors) == (naming is not WeightNaming.IJepa));
        if (!fits)
        {
            throw new ArgumentException($"'{path}' ends in '{found}', and {naming} weights are {wanted}. Give such a path, or another {nameof(WeightNaming)}.", nameof(path));
        }
    }

    // What weights do not tell, such as the number of heads, comes back with them; other programs pass it over.
    private static Dictionary<string, string> Metadata(ViTEncoder encoder) => new() { ["format"] = "pt", [SizeKey] = JsonSerializer.Serialize(encoder.Configuration) };

    // The weights, which take the room and the time, are written first and get their name last: what fails on the way leaves an earlier folder as it was.
    private static void SaveFolder(ViTEncoder encoder, string folder, ImageNormalization normalization)
    {
        if (File.Exists(folder))
        {
            throw new IOException($"'{folder}' is a file; transformers loads a folder, which is made if it is not there. Give the path of a folder.");
        }

        RefuseWholeModel(folder);
        string weights = Path.Combine(folder, WeightsFolder.Single), beside = $"{weights}.{Guid.NewGuid():N}.tmp";
        try
        {
            SafetensorsFile.Write(beside, Tensors(encoder, EncoderNames.Transformers), Metadata(encoder));
            WriteDescriptions(encoder.Configuration, folder, normalization);
            File.Move(beside, weights, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    // The folder of a run has a file of that name, with more in it than an encoder.
    private static void RefuseWholeModel(string folder)
    {
        string path = Path.Combine(folder, WeightsFolder.Single);
        string? content = null;
        try
        {
            if (File.Exists(path))
            {
                using SafetensorsFile there = SafetensorsFile.Open(path);
                content = there.Metadata.GetValueOrDefault(EncoderWeights.ContentKey);
            }
        }
        catch (WeightsException)
        {
            // Damaged: nothing is lost with it.
        }

        if (content is not null)
        {
            throw new IOException($"'{path}' holds NJepa's own weights ({content}); saving for transformers would replace it. Give another folder.");
        }
    }

    private static void WriteDescriptions(ViT size, string folder, ImageNormalization normalization)
    {
        WriteJson(Path.Combine(folder, WeightsFolder.Configuration), new Dictionary<string, object>
        {
            ["architectures"] = Architectures,
            ["model_type"] = "ijepa",
            ["hidden_size"] = size.Width,
            ["num_hidden_layers"] = size.Depth,
            ["num_attention_heads"] = size.Heads,
            ["intermediate_size"] = size.MlpWidth,
            ["mlp_ratio"] = size.MlpRatio,
            ["hidden_act"] = "gelu",
            ["layer_norm_eps"] = Epsilon,
            ["image_size"] = size.ImageSize,
            ["patch_size"] = size.PatchSize,
            ["num_channels"] = size.Channels,
            ["qkv_bias"] = true,
            ["hidden_dropout_prob"] = 0.0,
            ["attention_probs_dropout_prob"] = 0.0,
            ["initializer_range"] = 0.02,
            ["torch_dtype"] = "float32",
        });
        WriteJson(Path.Combine(folder, "preprocessor_config.json"), new Dictionary<string, object>
        {
            ["image_processor_type"] = "ViTImageProcessor",
            ["do_resize"] = true,
            ["size"] = new Dictionary<string, int> { ["height"] = size.ImageSize, ["width"] = size.ImageSize },
            ["resample"] = 2,
            ["do_rescale"] = true,
            ["rescale_factor"] = 1.0 / 255,
            ["do_normalize"] = true,
            ["image_mean"] = new[] { normalization.MeanRed, normalization.MeanGreen, normalization.MeanBlue },
            ["image_std"] = new[] { normalization.StdRed, normalization.StdGreen, normalization.StdBlue },
        });
    }

    private static void WriteJson(string path, Dictionary<string, object> values) =>
        FileReplacement.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(values, Indented))));
}
