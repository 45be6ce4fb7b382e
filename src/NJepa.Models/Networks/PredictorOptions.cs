namespace NJepa.Models;

/// <summary>The size of a predictor, a narrow vision transformer (I-JEPA, section 4). Both predictors of N-JEPA have it.</summary>
public sealed record PredictorOptions
{
    /// <summary>P, the number of channels of a predictor token; a multiple of 4 and of <see cref="Heads"/>.</summary>
    /// <value>Default 384.</value>
    public int Width { get; init; } = 384;

    /// <summary>Number of transformer blocks, from 1 to 1000.</summary>
    /// <value>Default 6. The appendix of N-JEPA says 12, which is I-JEPA's setting for ViT-H.</value>
    public int Depth { get; init; } = 6;

    /// <summary>Number of attention heads.</summary>
    /// <value>Default 12: the encoder's number for ViT-B. The appendix of N-JEPA says 16, which is ViT-H's.</value>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the MLP's hidden layer as a multiple of <see cref="Width"/>.</summary>
    /// <value>Default 4.</value>
    public double MlpRatio { get; init; } = 4.0;

    /// <summary>Channels of the MLP's hidden layer.</summary>
    public int MlpWidth => (int)Math.Round(Width * MlpRatio);

    /// <summary>
    /// The predictor that goes with an encoder when none is given: half as wide but at most 384, 12 blocks for encoders of 24 or more blocks,
    /// otherwise half the encoder's depth (6 for ViT-B), with the encoder's heads.
    /// </summary>
    /// <param name="encoder">The encoder.</param>
    public static PredictorOptions For(ViT encoder)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        return new PredictorOptions
        {
            Width = Math.Min(384, encoder.Width / 2),
            Depth = encoder.Depth >= 24 ? 12 : Math.Max(1, encoder.Depth / 2),
            Heads = encoder.Heads,
            MlpRatio = 4.0,
        };
    }

    /// <summary>Every reason why this predictor cannot be built; empty when it can.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        void Require(bool satisfied, string message)
        {
            if (!satisfied)
            {
                errors.Add(message);
            }
        }

        Require(Heads >= 1, $"PredictorOptions.Heads is {Heads}; it must be at least 1.");
        Require(Width >= 4 && Width % 4 == 0, $"PredictorOptions.Width is {Width}; it must be a positive multiple of 4 (sines and cosines of two axes).");
        Require(Heads < 1 || Width % Heads == 0, $"PredictorOptions.Width is {Width}, which {Heads} heads do not divide; choose a width that is a multiple of {Heads}.");
        Require(Depth is >= 1 and <= 1000, $"PredictorOptions.Depth is {Depth}; it must be from 1 to 1000 blocks.");
        Require(MlpRatio > 0 && MlpRatio <= 64, $"PredictorOptions.MlpRatio is {MlpRatio}; it must be above 0 and at most 64 (default 4).");
        return errors;
    }
}
