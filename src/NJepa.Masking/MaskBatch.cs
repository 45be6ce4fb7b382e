using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>
/// The masks of the images of one step as two rectangular arrays of patch numbers, ready to become index tensors: every image has the same number of context
/// patches (K), the same number of target blocks (M) and the same number of patches in each block (T).
/// </summary>
/// <remarks>The arrays are not copied; do not write to them.</remarks>
public sealed class MaskBatch
{
    /// <summary>What the characters of <see cref="Draw"/> mean.</summary>
    public const string Legend = "o visible to the student, 1 2 3 ... target block, * several target blocks, . neither";

    private MaskBatch(int batchSize, int targetBlocks, PatchGrid grid, int[] context, int[] targets)
    {
        Grid = grid;
        BatchSize = batchSize;
        TargetBlocks = targetBlocks;
        ContextLength = context.Length / batchSize;
        TargetLength = (int)(targets.Length / ((long)batchSize * targetBlocks));
        Context = context;
        Targets = targets;
    }

    /// <summary>A batch from arrays of your own. The arrays are checked and kept, not copied.</summary>
    /// <param name="grid">The grid that the patch numbers refer to.</param>
    /// <param name="batchSize">Images (B), at least 1.</param>
    /// <param name="targetBlocks">Target blocks per image (M), at least 1.</param>
    /// <param name="context">Visible patches, <c>[B*K]</c>, ascending in each image.</param>
    /// <param name="targets">Patches to predict, <c>[B*M*T]</c>, ascending in each block.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is less than 1.</exception>
    /// <exception cref="ArgumentException">An array is empty, not rectangular, not ascending, or names a patch outside the grid.</exception>
    public MaskBatch(PatchGrid grid, int batchSize, int targetBlocks, int[] context, int[] targets)
        : this(Positive(batchSize, nameof(batchSize)), Positive(targetBlocks, nameof(targetBlocks)), NotNull(grid), NotNull(context), NotNull(targets))
    {
        CheckRows(context, batchSize, "images", nameof(context));
        CheckRows(targets, (long)batchSize * targetBlocks, "target blocks", nameof(targets));
    }

    /// <summary>The grid that the patch numbers refer to.</summary>
    public PatchGrid Grid { get; }

    /// <summary>Images (B).</summary>
    public int BatchSize { get; }

    /// <summary>Visible patches per image (K), equal for all images.</summary>
    public int ContextLength { get; }

    /// <summary>Target blocks per image (M).</summary>
    public int TargetBlocks { get; }

    /// <summary>Patches per target block (T), equal for all blocks.</summary>
    public int TargetLength { get; }

    /// <summary>Visible patches, <c>[B*K]</c>, ascending in each image.</summary>
    public int[] Context { get; }

    /// <summary>Patches to predict, <c>[B*M*T]</c>: image, then block, then patch, ascending in each block.</summary>
    public int[] Targets { get; }

    /// <summary>The visible patches of one image, <c>[K]</c>.</summary>
    /// <param name="image">0 to <see cref="BatchSize"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ReadOnlySpan<int> ContextOf(int image) =>
        Context.AsSpan(CheckedIndex(image, BatchSize, nameof(image)) * ContextLength, ContextLength);

    /// <summary>The patches of one target block, <c>[T]</c>.</summary>
    /// <param name="image">0 to <see cref="BatchSize"/> - 1.</param>
    /// <param name="block">0 to <see cref="TargetBlocks"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image or block.</exception>
    public ReadOnlySpan<int> TargetOf(int image, int block)
    {
        int row = (CheckedIndex(image, BatchSize, nameof(image)) * TargetBlocks) + CheckedIndex(block, TargetBlocks, nameof(block));
        return Targets.AsSpan(row * TargetLength, TargetLength);
    }

    /// <summary>A picture of one image's mask in characters: a line per row of the grid, lines parted by <c>\n</c>, patches by a space (see <see cref="Legend"/>).</summary>
    /// <param name="image">0 to <see cref="BatchSize"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public string Draw(int image)
    {
        Span<char> patches = new char[Grid.Count];
        patches.Fill('.');
        foreach (int patch in ContextOf(image))
        {
            patches[patch] = 'o';
        }

        for (int block = 0; block < TargetBlocks; block++)
        {
            foreach (int patch in TargetOf(image, block))
            {
                patches[patch] = patches[patch] is '.' or 'o' ? MaskPicture.NameOf(block) : '*';
            }
        }

        return MaskPicture.Layout(patches, Grid.Columns);
    }

    /// <summary>The sizes, such as <c>128 images on a 14 x 14 grid: 50 visible patches, 4 target blocks of 30</c>.</summary>
    public override string ToString() =>
        Invariant($"{BatchSize} images on a {Grid} grid: {ContextLength} visible patches, {TargetBlocks} target blocks of {TargetLength}");

    /// <summary>A batch from arrays that are right by construction: the check would cost as much as drawing the masks.</summary>
    internal static MaskBatch Trusted(PatchGrid grid, int batchSize, int targetBlocks, int[] context, int[] targets) =>
        new(batchSize, targetBlocks, grid, context, targets);

    private static int Positive(int value, string name) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(name, Invariant($"{name} is {value}; it must be at least 1."));

    private static T NotNull<T>(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    private static int CheckedIndex(int index, int count, string name) =>
        (uint)index < (uint)count
            ? index
            : throw new ArgumentOutOfRangeException(name, Invariant($"There is no {name} {index}; it must be 0 to {count - 1}."));

    private void CheckRows(int[] patches, long rows, string what, string name)
    {
        if (patches.Length == 0 || patches.Length % rows != 0)
        {
            throw new ArgumentException(
                Invariant($"{name} has {patches.Length} entries for {rows} {what}; it must have the same number, at least 1, for each of them."), name);
        }

        int length = (int)(patches.Length / rows);
        for (int i = 0; i < patches.Length; i++)
        {
            if ((uint)patches[i] >= (uint)Grid.Count)
            {
                throw new ArgumentException(Invariant($"{name}[{i}] is patch {patches[i]}; the {Grid} grid has patches 0 to {Grid.Count - 1}."), name);
            }

            if (i % length != 0 && patches[i] <= patches[i - 1])
            {
                throw new ArgumentException(
                    Invariant($"{name}[{i}] is patch {patches[i]} after patch {patches[i - 1]}; the patches of a row of {length} must ascend. Sort them and leave out doubles."), name);
            }
        }
    }
}
