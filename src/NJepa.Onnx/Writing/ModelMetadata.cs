using System.Reflection;
using System.Text.Json;
using NJepa.Models;

namespace NJepa.Onnx.Writing;

/// <summary>What a model says of itself.</summary>
internal static class ModelMetadata
{
    /// <summary>The version of NJepa, without the commit.</summary>
    public static string Version { get; } =
        typeof(ModelMetadata).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static IEnumerable<(string Key, string Value)> Of(ViT vit, OnnxExportOptions options)
    {
        yield return (OnnxMetadata.Version, Version);
        yield return (OnnxMetadata.Network, JsonSerializer.Serialize(vit));
        yield return (OnnxMetadata.Input, options.Input == OnnxInput.UInt8Nhwc ? OnnxMetadata.BytesInput : OnnxMetadata.FloatInput);
        yield return (OnnxMetadata.DynamicSize, options.DynamicSize ? "true" : "false");
        yield return (OnnxMetadata.Precision, options.IsHalf ? "float16" : "float32");
        yield return (OnnxMetadata.LastLayers, FormattableString.Invariant($"{options.LastLayers}"));
        if (vit.Channels == 3)
        {
            ImageNormalization n = options.Normalization;
            yield return (OnnxMetadata.Mean, JsonSerializer.Serialize<double[]>([n.MeanRed, n.MeanGreen, n.MeanBlue]));
            yield return (OnnxMetadata.StandardDeviation, JsonSerializer.Serialize<double[]>([n.StdRed, n.StdGreen, n.StdBlue]));
        }

        if (options.Head is { } head)
        {
            yield return (OnnxMetadata.Labels, JsonSerializer.Serialize(head.Labels));
        }

        var meanings = Enum.GetValues<OnnxOutputs>()
            .Where(output => output != OnnxOutputs.None && options.ChosenOutputs.HasFlag(output))
            .ToDictionary(Name, output => Meaning(output, vit, options));
        yield return (OnnxMetadata.Outputs, JsonSerializer.Serialize(meanings));
    }

    public static string Meaning(OnnxOutputs output, ViT vit, OnnxExportOptions options) => output switch
    {
        OnnxOutputs.PatchFeatures => $"[batch, patches, {vit.Width}] features of each patch, row by row, {(vit.NormAfterPooling ? "before" : "after")} the final LayerNorm.",
        OnnxOutputs.Features when options.LastLayers == 1 => $"[batch, {vit.Width}] features of each image: the {Pooled(vit)}.",
        OnnxOutputs.Features => $"[batch, {options.LastLayers * vit.Width}] features of each image: of the last {options.LastLayers} layers, the earliest first, the {Pooled(vit)}.",
        OnnxOutputs.Logits => $"[batch, {options.Head?.Labels.Count}] scores of the labels by a linear head on the features.",
        _ => $"[batch, {options.Head?.Labels.Count}] probabilities of the labels: the softmax of the scores.",
    };

    private static string Pooled(ViT vit) => vit.NormAfterPooling ? "final LayerNorm of the mean over the patches" : "mean over the patches after the final LayerNorm";

    private static string Name(OnnxOutputs output) => output switch
    {
        OnnxOutputs.PatchFeatures => OnnxMetadata.PatchFeatures,
        OnnxOutputs.Features => OnnxMetadata.Features,
        OnnxOutputs.Logits => OnnxMetadata.Logits,
        _ => OnnxMetadata.Probabilities,
    };
}
