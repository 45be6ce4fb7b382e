namespace NJepa.Masking;

/// <summary>Presets of <see cref="RandomPatchMaskingOptions"/>.</summary>
public static class RandomPatchMasking
{
    /// <summary>Masked autoencoders: a quarter of the patches is visible.</summary>
    public static RandomPatchMaskingOptions Mae { get; } = new();

    /// <summary>The "random" row of I-JEPA's comparison of masking strategies: 60 % of the patches are hidden.</summary>
    public static RandomPatchMaskingOptions Ablation { get; } = new() { ContextRatio = 0.4 };
}
