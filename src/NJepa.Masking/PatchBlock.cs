using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>A rectangle of patches. Nothing is checked here; <see cref="PatchGrid.Contains(PatchBlock)"/> says whether it fits a grid.</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct PatchBlock(int Top, int Left, int Height, int Width)
{
    /// <summary>Patches in the block.</summary>
    public int Area => Height * Width;

    /// <summary>The row after the last one.</summary>
    public int Bottom => Top + Height;

    /// <summary>The column after the last one.</summary>
    public int Right => Left + Width;

    /// <summary>Whether the patch at a row and a column belongs to the block.</summary>
    /// <param name="row">Row of the grid.</param>
    /// <param name="column">Column of the grid.</param>
    public bool Contains(int row, int column) => row >= Top && row < Bottom && column >= Left && column < Right;

    /// <summary>Patches that two blocks share.</summary>
    /// <param name="other">The other block.</param>
    /// <returns>0 if the blocks are apart.</returns>
    public int OverlapWith(PatchBlock other) =>
        Math.Max(0, Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top))
        * Math.Max(0, Math.Min(Right, other.Right) - Math.Max(Left, other.Left));

    /// <summary>Size and place, such as <c>6 x 5 at row 2, column 3</c>.</summary>
    public override string ToString() => Invariant($"{Height} x {Width} at row {Top}, column {Left}");
}
