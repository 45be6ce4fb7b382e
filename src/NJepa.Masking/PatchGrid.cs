using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>
/// The grid of patches that an image is cut into. Patches are numbered row by row from the top left:
/// patch <c>row * Columns + column</c>, from 0 to <see cref="Count"/> - 1 (the L of the shape suffixes).
/// </summary>
/// <param name="Rows">Rows of patches, 1 to <see cref="MaxSide"/>.</param>
/// <param name="Columns">Columns of patches, 1 to <see cref="MaxSide"/>.</param>
/// <exception cref="ArgumentOutOfRangeException">A side is less than 1 or greater than <see cref="MaxSide"/>.</exception>
public sealed record PatchGrid(int Rows, int Columns)
{
    /// <summary>The longest side that a grid may have, in patches.</summary>
    /// <value>256: images of 4096 pixels in patches of 16.</value>
    public const int MaxSide = 256;

    /// <summary>Rows of patches, 1 to <see cref="MaxSide"/>.</summary>
    public int Rows { get; } = CheckedSide(Rows, nameof(Rows));

    /// <summary>Columns of patches, 1 to <see cref="MaxSide"/>.</summary>
    public int Columns { get; } = CheckedSide(Columns, nameof(Columns));

    /// <summary>Patches in the grid (L).</summary>
    public int Count => Rows * Columns;

    /// <summary>The grid of a square image.</summary>
    /// <param name="imageSize">Height and width of the image in pixels; a multiple of <paramref name="patchSize"/>.</param>
    /// <param name="patchSize">Height and width of a patch in pixels, at least 1.</param>
    /// <returns>A grid of <c>imageSize / patchSize</c> rows and columns: 14 x 14 for 224 and 16.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, or the grid would be larger than <see cref="MaxSide"/>.</exception>
    /// <exception cref="ArgumentException">The image is not a whole number of patches wide.</exception>
    public static PatchGrid ForImage(int imageSize, int patchSize) => ForImage(imageSize, imageSize, patchSize);

    /// <summary>The grid of an image of any shape.</summary>
    /// <param name="imageHeight">Height of the image in pixels; a multiple of <paramref name="patchSize"/>.</param>
    /// <param name="imageWidth">Width of the image in pixels; a multiple of <paramref name="patchSize"/>.</param>
    /// <param name="patchSize">Height and width of a patch in pixels, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is less than 1, or the grid would be larger than <see cref="MaxSide"/>.</exception>
    /// <exception cref="ArgumentException">A side of the image is not a whole number of patches long.</exception>
    public static PatchGrid ForImage(int imageHeight, int imageWidth, int patchSize)
    {
        if (patchSize < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(patchSize), Invariant($"A patch is {patchSize} pixels wide; it must be at least 1."));
        }

        return new PatchGrid(
            PatchesAlong(imageHeight, patchSize, nameof(imageHeight)),
            PatchesAlong(imageWidth, patchSize, nameof(imageWidth)));
    }

    /// <summary>The number of the patch at a row and a column.</summary>
    /// <param name="row">0 to <see cref="Rows"/> - 1.</param>
    /// <param name="column">0 to <see cref="Columns"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The place is outside the grid.</exception>
    public int IndexOf(int row, int column)
    {
        if ((uint)row >= (uint)Rows || (uint)column >= (uint)Columns)
        {
            throw new ArgumentOutOfRangeException(
                (uint)row >= (uint)Rows ? nameof(row) : nameof(column),
                Invariant($"Row {row}, column {column} is outside the {this} grid; rows run from 0 to {Rows - 1} and columns from 0 to {Columns - 1}."));
        }

        return (row * Columns) + column;
    }

    /// <summary>The row of a patch.</summary>
    /// <param name="patch">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such patch.</exception>
    public int RowOf(int patch) => CheckedPatch(patch) / Columns;

    /// <summary>The column of a patch.</summary>
    /// <param name="patch">0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such patch.</exception>
    public int ColumnOf(int patch) => CheckedPatch(patch) % Columns;

    /// <summary>Whether a block has at least one patch and lies wholly inside the grid.</summary>
    /// <param name="block">The block.</param>
    public bool Contains(PatchBlock block) =>
        block.Height >= 1 && block.Width >= 1 && block.Top >= 0 && block.Left >= 0
        && block.Height <= Rows - block.Top && block.Width <= Columns - block.Left;

    /// <summary>Rows and columns, such as <c>14 x 14</c>.</summary>
    public override string ToString() => Invariant($"{Rows} x {Columns}");

    private static int CheckedSide(int side, string name) =>
        side is >= 1 and <= MaxSide
            ? side
            : throw new ArgumentOutOfRangeException(name, Invariant($"A patch grid cannot have {side} {name.ToLowerInvariant()}; it must have 1 to {MaxSide}."));

    private static int PatchesAlong(int pixels, int patchSize, string name)
    {
        if (pixels < 1)
        {
            throw new ArgumentOutOfRangeException(name, Invariant($"{name} is {pixels} pixels; it must be at least 1."));
        }

        if (pixels % patchSize != 0)
        {
            throw new ArgumentException(
                Invariant($"{name} is {pixels} pixels, which is not a whole number of patches of {patchSize}. Use a multiple of {patchSize}, such as {Math.Max(1, pixels / patchSize) * patchSize}."),
                name);
        }

        return pixels / patchSize;
    }

    private int CheckedPatch(int patch) =>
        (uint)patch < (uint)Count
            ? patch
            : throw new ArgumentOutOfRangeException(nameof(patch), Invariant($"There is no patch {patch} in the {this} grid; patches run from 0 to {Count - 1}."));
}
