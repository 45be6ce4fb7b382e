using NJepa.Models;
using NJepa.Noise;

namespace NJepa.Throughput.Options;

/// <summary>One line of the table: what is trained, and how.</summary>
/// <param name="Model">One of <see cref="Models"/>.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Precision">NJepa's precision; the peer has float32 alone.</param>
/// <param name="Device">A device as <see cref="NJepaRuntime.ResolveDevice"/> takes it.</param>
/// <param name="Threads">Threads of libtorch.</param>
/// <param name="LoaderThreads">Threads that load images.</param>
/// <param name="MicroBatch">Images computed at once; null for the batch.</param>
/// <param name="Recompute">Whether NJepa recomputes activations.</param>
/// <param name="Images">A folder or zip of images.</param>
internal sealed record ThroughputCase(
    string Model, int Batch, Precision Precision, string Device, int Threads, int LoaderThreads, int? MicroBatch, bool Recompute, string Images)
{
    /// <summary>The networks by name, with the batch size that is used when none is given.</summary>
    public static readonly IReadOnlyDictionary<string, (ViT Encoder, int Batch)> Models = new Dictionary<string, (ViT, int)>
    {
        ["nano"] = (ViT.Nano4 with { ImageSize = 64, PatchSize = 8 }, 64),
        ["tiny"] = (ViT.Tiny16, 16),
        ["small"] = (ViT.Small16, 8),
        ["base"] = (ViT.Base16, 4),
        ["large"] = (ViT.Large16, 2),
    };

    public ViT Encoder => Models[Model].Encoder;

    /// <summary>N-JEPA with multi-level noise; the small network with the recipe of the quick start.</summary>
    public JepaBuilder Builder()
    {
        JepaBuilder builder = JepaBuilder.WithEncoder(Encoder);
        builder = Model == "nano" ? builder.WithRecipe(JepaRecipe.SmallData) : builder.WithNoisyPredictor(EdmNoise.Default).WithMultiLevelNoise();
        builder = builder.WithPrecision(Precision);
        return Recompute ? builder.WithRecomputedActivations() : builder;
    }
}
