namespace NJepa.Masking;

/// <summary>Presets of <see cref="RowStripMaskingOptions"/>.</summary>
public static class RowStripMasking
{
    /// <summary>Two strips of a quarter of the rows each.</summary>
    public static RowStripMaskingOptions Default { get; } = new();
}
