using static System.FormattableString;

namespace NJepa.Models;

/// <summary>The size of a predictor, a narrow vision transformer (I-JEPA, section 4). Both predictors of N-JEPA have it.</summary>
public sealed record PredictorOptions
{
    /// <summary>P, the number of channels of a predictor token; a multiple of 4 and of <see cref="Heads"/>, at most 16,384.</summary>
    /// <value>Default 384.</value>
    public int Width { get; init; } = 384;

    /// <summary>Number of transformer blocks, from 1 to 1000.</summary>
    /// <value>Default 6. The appendix of N-JEPA says 12, which is I-JEPA's setting for ViT-H.</value>
    public int Depth { get; init; } = 6;

    /// <summary>Number of attention heads.</summary>
    /// <value>Default 12: the encoder's number for ViT-B. The appendix of N-JEPA says 16, which is ViT-H's.</value>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the MLP's hidden layer as a multiple of <see cref="Width"/>, above 0 and at most 64.</summary>
    /// <value>Default 4.</value>
    public double MlpRatio { get; init; } = 4.0;

    /// <summary>Channels of the MLP's hidden layer, at most 65,536.</summary>
    public int MlpWidth => TokenWidth.Mlp(Width, MlpRatio);

    /// <summary>
    /// The predictor that goes with an encoder when none is given: half as wide but at most 384, rounded down to a multiple of 4 and of the heads; 12 blocks for encoders of 24 or more blocks,
    /// otherwise half the encoder's depth (6 for ViT-B), with the encoder's heads.
    /// </summary>
    /// <param name="encoder">The encoder.</param>
    public static PredictorOptions For(ViT encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return new PredictorOptions
        {
            Width = TokenWidth.AtMost(Math.Min(384, encoder.Width / 2), Math.Clamp(encoder.Heads, 1, TokenWidth.Max)),
            Depth = encoder.Depth >= 24 ? 12 : Math.Max(1, encoder.Depth / 2),
            Heads = encoder.Heads,
            MlpRatio = 4.0,
        };
    }

    /// <summary>Every reason why this predictor cannot be built; empty when it can.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [.. TokenWidth.Problems(nameof(PredictorOptions), Width, Heads, MlpRatio)];
        if (Depth is < 1 or > 1000)
        {
            errors.Add(Invariant($"PredictorOptions.Depth is {Depth}; it must be from 1 to 1000 blocks."));
        }

        return errors;
    }
}
