using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>Height and width of a block, in patches.</summary>
internal readonly record struct BlockSize(int Height, int Width)
{
    public int Area => Height * Width;

    public PatchBlock At(int top, int left) => new(top, left, Height, Width);

    public override string ToString() => Invariant($"{Height} x {Width}");
}
