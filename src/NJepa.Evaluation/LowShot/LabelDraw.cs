namespace NJepa.Evaluation;

/// <summary>The rows whose labels one draw may use, and the part of the cross-validation that each belongs to.</summary>
/// <param name="Rows">Rows of the training set.</param>
/// <param name="Folds">For each, the fold in which it is held out, or <see cref="NeverHeldOut"/>.</param>
internal sealed record LabelDraw(int[] Rows, int[] Folds)
{
    /// <summary>The only image of its class: held out, its class would be missing from what is fitted.</summary>
    public const int NeverHeldOut = -1;

    /// <summary>Streams 0 and 1 of a class belong to splits and orders.</summary>
    private const int FirstStream = 2;

    /// <summary>
    /// Draws from every class. The draw is a prefix of a random order of the class, so that a larger budget contains a smaller one; dealt out in that order, the folds are random too.
    /// Each class begins at another fold, or the first folds would get all the images of small draws.
    /// </summary>
    public static LabelDraw Of(FeatureSet train, LabelBudget budget, int folds, ulong seed, int draw)
    {
        var chosen = new List<(int Row, int Fold)>();
        foreach ((int label, int[] rows) in FeatureSplit.RowsByClass(train))
        {
            CounterRandom.Create(seed, RandomPurpose.Evaluation, label, FirstStream + draw).Shuffle(rows.AsSpan());
            int count = budget.Of(rows.Length);
            for (int i = 0; i < count; i++)
            {
                chosen.Add((rows[i], count == 1 ? NeverHeldOut : (label + i) % folds));
            }
        }

        chosen.Sort();
        return new([.. chosen.Select(one => one.Row)], [.. chosen.Select(one => one.Fold)]);
    }
}
