using NJepa.Models;

namespace NJepa.Interop;

/// <summary>The names of an encoder's tensors: NJepa's, I-JEPA's and timm's are one scheme (<see cref="Torch"/>), transformers' is another.</summary>
internal sealed class EncoderNames
{
    private const string PatchEmbedding = "patch_embed.proj.";

    public static readonly EncoderNames Torch = new("patch_embed.proj.weight", "pos_embed", "blocks.", "norm1.weight", "mlp.fc1.weight", name => [new WeightPart(name, name)]);

    public static readonly EncoderNames Transformers = new(
        "embeddings.patch_embeddings.projection.weight", "embeddings.position_embeddings", "encoder.layer.", "layernorm_before.weight", "intermediate.dense.weight", ToTransformers);

    private static readonly string[] AttentionInputs = ["query", "key", "value"];

    private static readonly (string Ours, string Theirs)[] BlockNames =
    [
        ("norm1.", "layernorm_before."), ("attn.proj.", "attention.output.dense."), ("norm2.", "layernorm_after."), ("mlp.fc1.", "intermediate.dense."), ("mlp.fc2.", "output.dense."),
    ];

    private readonly Func<string, IEnumerable<WeightPart>> _parts;

    private EncoderNames(string anchor, string positions, string blocks, string firstNorm, string hidden, Func<string, IEnumerable<WeightPart>> parts)
    {
        Anchor = anchor;
        Positions = positions;
        Blocks = blocks;
        FirstNorm = firstNorm;
        Hidden = hidden;
        _parts = parts;
    }

    /// <summary>The kernels of the patch embedding; a name that ends so tells the scheme and the prefix.</summary>
    public string Anchor { get; }

    /// <summary>The position table.</summary>
    public string Positions { get; }

    /// <summary>What the blocks' names start with.</summary>
    public string Blocks { get; }

    /// <summary>In a block, a tensor that every block has.</summary>
    public string FirstNorm { get; }

    /// <summary>In a block, the MLP's first matrix.</summary>
    public string Hidden { get; }

    /// <summary>Where each parameter of an encoder is kept.</summary>
    /// <param name="configuration">The encoder's size.</param>
    /// <param name="fcNorm">Whether the final norm is called <c>fc_norm</c>, as timm calls one that comes after pooling.</param>
    public IEnumerable<WeightPart> PartsOf(ViT configuration, bool fcNorm)
    {
        IEnumerable<WeightPart> parts = TransformerSpecs.Encoder("", configuration, rescale: false).SelectMany(spec => _parts(spec.Name));
        return fcNorm ? parts.Select(part => part.Source.StartsWith("norm.", StringComparison.Ordinal) ? part with { Source = "fc_" + part.Source } : part) : parts;
    }

    private static IEnumerable<WeightPart> ToTransformers(string name)
    {
        if (name.StartsWith(PatchEmbedding, StringComparison.Ordinal))
        {
            return [new WeightPart(name, "embeddings.patch_embeddings.projection." + name[PatchEmbedding.Length..])];
        }

        if (name.StartsWith("norm.", StringComparison.Ordinal))
        {
            return [new WeightPart(name, "layernorm." + name["norm.".Length..])];
        }

        string[] words = name.Split('.', 3);
        (string layer, string rest) = ($"encoder.layer.{words[1]}.", words[2]);
        if (rest.StartsWith("attn.qkv.", StringComparison.Ordinal))
        {
            string kind = rest["attn.qkv.".Length..];
            return AttentionInputs.Select((part, i) => new WeightPart(name, $"{layer}attention.attention.{part}.{kind}", i, 3));
        }

        (string ours, string theirs) = Array.Find(BlockNames, pair => rest.StartsWith(pair.Ours, StringComparison.Ordinal));
        return [new WeightPart(name, layer + theirs + rest[ours.Length..])];
    }
}
