using System.Text.Json;
using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

/// <summary>ViT-B/16 at 224 px with weights and images from an integer hash: outputs, loss and gradients.</summary>
public sealed class ViTBase16ParityTests : TensorTest
{
    private static readonly JsonElement Fixture = JsonDocument.Parse(File.ReadAllBytes(Parity.PathOf("c_vitb16.json"))).RootElement;

    [Fact]
    public void Forward_and_backward_equal_the_reference()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = JepaBuilder.WithEncoder(ViT.Base16).WithMasking(MultiBlockMasking.Reference).Build();
        Fill(model);
        Tensor images = tensor(Values("images", 2 * 3 * 224 * 224, 0, 4), [2, 3, 224, 224]);
        MaskBatch masks = Masks(model.Configuration.Encoder.Grid);

        JepaOutputs outputs = model.Forward(images, JepaInputs.Create(masks, null, CPU));
        JepaLosses losses = model.ComputeLosses(outputs);
        losses.Total.backward();

        JsonElement expected = Fixture.GetProperty("float32").GetProperty("outputs");
        Match(expected, "encoder_out_full", model.Student.Encode(images));
        Match(expected, "target_out_full", model.Teacher.Encode(images));
        Match(expected, "h", outputs.TargetsBMTD.transpose(0, 1));
        Match(expected, "encoder_out_masked", outputs.ContextBKD);
        Match(expected, "predictor_out", outputs.CleanBMTD.transpose(0, 1));
        losses.Total.item<float>().Should().BeApproximately((float)Fixture.GetProperty("float32").GetProperty("loss").GetDouble(), 1e-6f);
        MatchGradients(model);
    }

    private static void MatchGradients(JepaModel model)
    {
        JsonElement expected = Fixture.GetProperty("float32").GetProperty("grad");
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            using DisposeScope scope = NewDisposeScope();
            JsonElement entry = expected.GetProperty(parameter.Name);
            Tensor flat = parameter.Gradient!.flatten().to_type(ScalarType.Float64);
            double norm = entry.GetProperty("l2").GetDouble();
            flat.norm().item<double>().Should().BeApproximately(norm, 1e-6 + (1e-4 * norm), parameter.Name);
            if (entry.TryGetProperty("idx", out _))
            {
                MatchElements(entry, flat, 1e-6, 1e-4, parameter.Name);
            }
        }
    }

    private static void Match(JsonElement outputs, string name, Tensor actual)
    {
        JsonElement expected = outputs.GetProperty(name);
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = actual.detach().contiguous().flatten();
        MatchElements(expected, flat, 1e-4, 0, name);
        flat.norm().item<float>().Should().BeApproximately((float)expected.GetProperty("l2").GetDouble(), 1e-2f, name);
        flat.mean().item<float>().Should().BeApproximately((float)expected.GetProperty("mean").GetDouble(), 1e-5f, name);
    }

    private static void MatchElements(JsonElement expected, Tensor flat, double absolute, double relative, string name)
    {
        long[] indices = [.. expected.GetProperty("idx").EnumerateArray().Select(index => index.GetInt64())];
        double[] values = [.. expected.GetProperty("val").EnumerateArray().Select(value => value.GetDouble())];
        Parity.ShouldMatch(flat.index_select(0, tensor(indices)), tensor(values), absolute, relative, name);
    }

    private static MaskBatch Masks(PatchGrid grid)
    {
        static int[][] Rows(JsonElement element) => [.. element.EnumerateArray().Select(row => row.EnumerateArray().Select(index => index.GetInt32()).ToArray())];
        int[][] context = Rows(Fixture.GetProperty("masks_enc")[0]);
        int[][][] targets = [.. Fixture.GetProperty("masks_pred").EnumerateArray().Select(Rows)];
        return new MaskBatch(grid, 2, targets.Length, [.. context.SelectMany(row => row)], [.. Enumerable.Range(0, 2).SelectMany(image => targets.SelectMany(block => block[image]))]);
    }

    private static void Fill(JepaModel model)
    {
        using IDisposable noGradient = no_grad();
        foreach (ModelParameter parameter in model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters))
        {
            bool norm = parameter.Name.Contains("norm", StringComparison.Ordinal) && parameter.Name.EndsWith(".weight", StringComparison.Ordinal);
            double scale = parameter.Name switch
            {
                _ when norm => 0.5,
                _ when parameter.Name.EndsWith(".bias", StringComparison.Ordinal) => 0.2,
                _ when parameter.Name.EndsWith("mask_token", StringComparison.Ordinal) => 1.0,
                _ when parameter.Name.EndsWith("patch_embed.proj.weight", StringComparison.Ordinal) => 0.1,
                _ => 0.16,
            };
            using Tensor values = tensor(Values(parameter.Name, (int)parameter.Count, norm ? 1 : 0, scale), parameter.Shape.ToArray());
            parameter.Value.copy_(values);
        }
    }

    // The fixture's rule: offset + scale * u, u from a 32-bit integer hash of the index, tagged with FNV-1a of the name.
    private static float[] Values(string name, int count, double offset, double scale)
    {
        uint tag = name.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u);
        var values = new float[count];
        for (uint k = 0; k < count; k++)
        {
            uint x = (k * 2654435761u) + tag;
            x = (x ^ (x >> 16)) * 2246822519u;
            x = (x ^ (x >> 13)) * 3266489917u;
            x ^= x >> 16;
            values[k] = (float)(offset + (scale * (((x >> 8) / 16777216.0) - 0.5)));
        }

        return values;
    }
}
