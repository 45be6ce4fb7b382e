using static System.FormattableString;

namespace NJepa.Data;

/// <summary>What the pixels of a packed file depend on besides the source.</summary>
internal sealed record PackedSettings(int ShorterSide, bool ScaledDecoding, long MaxPixels, long MaxFileBytes)
{
    public static PackedSettings From(PackedImagesOptions options) => new(
        options.ShorterSide, options.Decoding.ScaledDecoding, options.Decoding.MaxPixels, options.Decoding.MaxFileBytes);

    /// <summary>The first setting that differs, as a clause; null when none does.</summary>
    public string? DifferenceTo(PackedSettings wanted) =>
        ShorterSide != wanted.ShorterSide ? Invariant($"its ShorterSide is {ShorterSide}, not {wanted.ShorterSide}")
        : ScaledDecoding != wanted.ScaledDecoding ? Invariant($"its ScaledDecoding is {ScaledDecoding}, not {wanted.ScaledDecoding}")
        : MaxPixels != wanted.MaxPixels ? Invariant($"its MaxPixels is {MaxPixels}, not {wanted.MaxPixels}")
        : MaxFileBytes != wanted.MaxFileBytes ? Invariant($"its MaxFileBytes is {MaxFileBytes}, not {wanted.MaxFileBytes}")
        : null;
}
