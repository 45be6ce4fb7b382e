using NJepa.Models;

namespace NJepa.Interop;

/// <summary>An encoder inside a file: where its names start and which scheme they follow.</summary>
/// <param name="Prefix">What its names start with: <c>target_encoder.module.</c>.</param>
/// <param name="Names">The scheme.</param>
internal sealed record EncoderModule(string Prefix, EncoderNames Names)
{
    private const int MaxModules = 64;
    private static readonly EncoderNames[] Schemes = [EncoderNames.Torch, EncoderNames.Transformers];

    /// <summary>The prefix without the wrappers of data-parallel training: <c>target_encoder</c>; empty for a file that is an encoder alone.</summary>
    public string Label => string.Join('.', Prefix.Split('.', StringSplitOptions.RemoveEmptyEntries).Where(word => word is not ("module" or "_orig_mod")));

    /// <summary>The label for people.</summary>
    public string Title => Label.Length > 0 ? $"'{Label}'" : "the one without a prefix";

    public bool IsTransformers => Names == EncoderNames.Transformers;

    /// <summary>Whether the final norm is timm's <c>fc_norm</c>, which comes after pooling.</summary>
    public bool HasFcNorm(TensorFile file) => !IsTransformers && file.Find(Prefix + "norm.weight") is null && file.Find(Prefix + "fc_norm.weight") is not null;

    /// <summary>The file's encoders, of many the first.</summary>
    public static IReadOnlyList<EncoderModule> FindAll(TensorFile file) =>
    [
        .. (from entry in file.Entries
           from scheme in Schemes
           where entry.Name.EndsWith(scheme.Anchor, StringComparison.Ordinal) && (entry.Name.Length == scheme.Anchor.Length || entry.Name[^(scheme.Anchor.Length + 1)] == '.')
           select new EncoderModule(entry.Name[..^scheme.Anchor.Length], scheme)).Take(MaxModules),
    ];

    /// <summary>The encoder that is meant.</summary>
    /// <exception cref="WeightsException">There is none, or it is not clear which.</exception>
    public static EncoderModule Choose(TensorFile file, string? wanted)
    {
        IReadOnlyList<EncoderModule> all = FindAll(file);
        if (all.Count == 0)
        {
            string examples = string.Join(", ", file.Entries.Take(5).Select(entry => $"'{entry.Name}'"));
            throw new WeightsException(
                $"{file.Path} holds no vision transformer of a known naming: none of its {file.Entries.Count} names ends in {string.Join(" or ", Schemes.Select(scheme => $"'{scheme.Anchor}'"))}; it begins with {examples}. Read are the names of I-JEPA, transformers' IJepaModel, timm and NJepa.");
        }

        string labels = string.Join(", ", all.Select(module => module.Title));
        if (wanted is not null)
        {
            return all.FirstOrDefault(module => module.Label == wanted || module.Prefix == wanted || module.Prefix == wanted + ".")
                ?? throw new WeightsException($"{file.Path} has no encoder '{wanted}'; it has {labels}. Set EncoderImportOptions.Module to {(all.Count == 1 && all[0].Label.Length == 0 ? "null, the default" : "one of these")}.");
        }

        return all.Count == 1
            ? all[0]
            : all.FirstOrDefault(module => module.Label == "target_encoder")
                ?? throw new WeightsException($"{file.Path} has several encoders, {labels}. Set EncoderImportOptions.Module to one of these.");
    }

    /// <summary>Whose names they are.</summary>
    public WeightNaming Naming(TensorFile file)
    {
        if (IsTransformers)
        {
            return WeightNaming.HuggingFace;
        }

        return file.Metadata.ContainsKey(EncoderWeights.ContentKey) ? WeightNaming.NJepa
            : Label is "encoder" or "target_encoder" ? WeightNaming.IJepa
            : WeightNaming.Timm;
    }
}
