using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>What multi-block options must satisfy on a grid.</summary>
internal static class MultiBlockRules
{
    public static List<string> ProblemsOf(MultiBlockMaskingOptions options, PatchGrid grid)
    {
        var problems = new List<string>();
        OptionChecks.AtLeastOne(problems, nameof(options.TargetBlocks), options.TargetBlocks, "or there is nothing to predict");
        OptionChecks.ScaleRange(problems, "TargetScale", options.TargetScaleMin, options.TargetScaleMax);
        OptionChecks.AspectRatioRange(problems, "TargetAspectRatio", options.TargetAspectRatioMin, options.TargetAspectRatioMax);
        OptionChecks.ScaleRange(problems, "ContextScale", options.ContextScaleMin, options.ContextScaleMax);
        OptionChecks.AtLeastOne(problems, nameof(options.MinKeep), options.MinKeep, "or there is nothing to predict from");
        OptionChecks.Defined(problems, nameof(options.BlockSizeDraw), options.BlockSizeDraw);
        OptionChecks.Defined(problems, nameof(options.BlockPositions), options.BlockPositions);
        OptionChecks.Defined(problems, nameof(options.ContextSize), options.ContextSize);
        OptionChecks.Defined(problems, nameof(options.ContextCut), options.ContextCut);
        if (problems.Count == 0)
        {
            AddGridProblems(problems, options, grid);
        }

        return problems;
    }

    /// <summary>A problem if blocks of this shape may be larger than the grid or cover it.</summary>
    public static void AddTargetSizeProblems(List<string> problems, BlockShape shape, bool singleDraw, PatchGrid grid)
    {
        (double height, double width) = shape.LongestSides(grid, wholeArea: singleDraw);
        if (height > grid.Rows || width > grid.Columns)
        {
            problems.Add(Invariant(
                $"Target blocks can be up to {height} patches high and {width} wide, larger than the {grid} grid (TargetScaleMax is {shape.ScaleMax}, aspect ratios are {shape.AspectRatioMin} to {shape.AspectRatioMax}). Lower TargetScaleMax or bring the aspect ratios nearer to {(double)grid.Rows / grid.Columns:0.###}."));
        }
        else if (!singleDraw && PossibleSizes.Independent(shape, grid)[^1].Area == grid.Count)
        {
            problems.Add(Invariant(
                $"A target block can cover the whole {grid} grid, which leaves nothing to predict it from (TargetScaleMax is {shape.ScaleMax}). Lower TargetScaleMax."));
        }
    }

    private static void AddGridProblems(List<string> problems, MultiBlockMaskingOptions options, PatchGrid grid)
    {
        bool singleDraw = options.BlockSizeDraw == BlockSizeDraw.Reference;
        if ((singleDraw || options.ContextSize == ContextSize.Reference) && (grid.Rows < 2 || grid.Columns < 2))
        {
            problems.Add(Invariant(
                $"With BlockSizeDraw.Reference or ContextSize.Reference blocks are smaller than the grid, so the {grid} grid has no room for one. Use the Corrected choices."));
            return;
        }

        AddTargetSizeProblems(problems, options.TargetShape, singleDraw, grid);
        if (problems.Count == 0)
        {
            AddMinKeepProblems(problems, options, grid, singleDraw);
        }
    }

    private static void AddMinKeepProblems(List<string> problems, MultiBlockMaskingOptions options, PatchGrid grid, bool singleDraw)
    {
        List<BlockSize> targets = singleDraw ? PossibleSizes.SingleDraw(options.TargetShape, grid) : PossibleSizes.Independent(options.TargetShape, grid);
        List<BlockSize> contexts = options.ContextSize == ContextSize.Reference
            ? PossibleSizes.SingleDraw(options.ContextShape, grid)
            : PossibleSizes.LikeGrid(options.ContextShape, grid);
        var places = new BlockPlaces(grid, options.BlockPositions);
        var worst = (Context: contexts[0], Target: targets[0], Kept: int.MaxValue);
        foreach (BlockSize context in contexts)
        {
            foreach (BlockSize target in targets)
            {
                int kept = places.MostKept(context, target);
                if (kept < worst.Kept)
                {
                    worst = (context, target, kept);
                }
            }
        }

        BlockSize smallest = targets[0];
        int largestMinKeep = singleDraw ? Math.Min(worst.Kept, smallest.Area - 1) : worst.Kept;
        string remedy = largestMinKeep >= 1
            ? Invariant($"The largest MinKeep that works on the {grid} grid with these options is {largestMinKeep}.")
            : Invariant($"No MinKeep works on the {grid} grid with these options; use a finer grid or other scales.");
        if (singleDraw && smallest.Area <= options.MinKeep)
        {
            problems.Add(Invariant(
                $"MinKeep is {options.MinKeep}, but with BlockSizeDraw.Reference a target block must hold more patches than that, and the smallest has {smallest} = {smallest.Area}. {remedy}"));
        }

        if (worst.Kept < options.MinKeep)
        {
            problems.Add(Invariant(
                $"MinKeep is {options.MinKeep}, but a context of {worst.Context} patches keeps at most {worst.Kept} beside target blocks of {worst.Target}. {remedy}"));
        }
    }
}
