using System.Text.Json;
using NJepa.Onnx;

namespace NJepa.Samples.OnnxInference.Models;

/// <summary>What an exported model says of itself.</summary>
internal sealed record ModelCard
{
    /// <summary>Side of the square images that it was made for, in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Side of a patch in pixels.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Whether it takes other sizes as well.</summary>
    public required bool IsDynamic { get; init; }

    /// <summary>Whether it takes bytes and normalises them itself.</summary>
    public required bool TakesBytes { get; init; }

    /// <summary>Means of the channels, in units of the pixel range [0, 1].</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Standard deviations of the channels, in the same units.</summary>
    public required IReadOnlyList<double> StandardDeviation { get; init; }

    /// <summary>The classes of its head; empty without one.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Reads the metadata of a model.</summary>
    /// <param name="path">The model, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="InferenceException">It is no model of NJepa's, or not one for RGB images, or its metadata are damaged.</exception>
    public static ModelCard Read(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.ContainsKey(OnnxMetadata.Version))
        {
            throw new InferenceException($"'{path}' is not a model that NJepa exported: its metadata lack '{OnnxMetadata.Version}'. Use one that OnnxExport.Save wrote; the quick start writes encoder.onnx.");
        }

        try
        {
            NetworkSize network = JsonSerializer.Deserialize<NetworkSize>(metadata[OnnxMetadata.Network]) ?? throw new JsonException("the network's size is null");
            if (network.Channels != 3)
            {
                throw new InferenceException($"'{path}' takes images of {network.Channels} channels; this program reads RGB images, which have 3. Use a model of 3 channels.");
            }

            return new ModelCard
            {
                ImageSize = network.ImageSize,
                PatchSize = network.PatchSize,
                IsDynamic = metadata[OnnxMetadata.DynamicSize] == "true",
                TakesBytes = metadata[OnnxMetadata.Input] == OnnxMetadata.BytesInput,
                Mean = JsonSerializer.Deserialize<double[]>(metadata[OnnxMetadata.Mean])!,
                StandardDeviation = JsonSerializer.Deserialize<double[]>(metadata[OnnxMetadata.StandardDeviation])!,
                Labels = metadata.TryGetValue(OnnxMetadata.Labels, out string? labels) ? JsonSerializer.Deserialize<string[]>(labels)! : [],
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException)
        {
            throw new InferenceException($"'{path}' describes itself in a way that this program does not understand ({exception.Message.TrimEnd('.')}). Export it again with this version of NJepa.");
        }
    }

    /// <summary>The side that images are brought to.</summary>
    /// <param name="wanted">A side asked for; null for the model's own.</param>
    /// <exception cref="InferenceException">The model does not take it.</exception>
    public int SizeFor(int? wanted)
    {
        if (wanted is not { } size || size == ImageSize)
        {
            return ImageSize;
        }

        if (!IsDynamic)
        {
            throw new InferenceException($"--image-size is {size}, but the model takes images of {ImageSize} pixels only. Leave it out, or export the model with DynamicSize = true.");
        }

        return size % PatchSize == 0
            ? size
            : throw new InferenceException($"--image-size is {size}; it must be a multiple of the model's patch size, {PatchSize}.");
    }

    // What of the network's size matters here.
    private sealed record NetworkSize(int ImageSize, int PatchSize, int Channels);
}
