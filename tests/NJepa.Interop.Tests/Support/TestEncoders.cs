namespace NJepa.Interop.Tests;

/// <summary>Small encoders whose every weight counts.</summary>
internal static class TestEncoders
{
    public static ViT Tiny { get; } = new() { Name = "tiny", ImageSize = 16, PatchSize = 4, Width = 24, Depth = 2, Heads = 3 };

    /// <summary>An encoder with no norm at 1 and no bias at 0.</summary>
    public static ViTEncoder Scrambled(ViT size)
    {
        ViTEncoder encoder = ViTEncoder.Create(size, seed: 5);
        Scramble(encoder.Parameters);
        return encoder;
    }

    public static void Scramble(ParameterBuffer parameters)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        parameters.Values.add_(randn_like(parameters.Values) * 0.2);
    }

    public static Tensor Images(ViT size, int count = 2) => randn(count, size.Channels, size.ImageSize, size.ImageSize);

    public static void ShouldAgree(ViTEncoder actual, ViTEncoder expected, double tolerance = 1e-5)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor images = Images(expected.Configuration);
        Parity.ShouldMatch(actual.Encode(images), expected.Encode(images), tolerance, what: "patch features");
        Parity.ShouldMatch(actual.EncodePooled(images), expected.EncodePooled(images), tolerance, what: "pooled features");
    }
}
