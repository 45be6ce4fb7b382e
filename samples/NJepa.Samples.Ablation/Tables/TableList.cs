namespace NJepa.Samples.Ablation.Tables;

/// <summary>The tables that <c>--table</c> can name.</summary>
internal static class TableList
{
    private const string Paper = "N-JEPA paper";
    private const string Ours = "not in the paper";

    public static IReadOnlyList<AblationTable> All { get; } =
    [
        new("baseline", "Comparison with the I-JEPA baseline", "Does the noisy predictor help?", Paper, [Arms.IJepa, Arms.Single, Arms.Multi]),
        new("losses", "Loss selection", "Which of the three losses are needed?", Paper, [Arms.IJepa, Arms.CleanAndNoisyClean, Arms.CleanAndNoisyTeacher, Arms.AllThree]),
        new("weights", "Loss weights", "How are the three losses weighted (C,T / N,T / N,C)?", Paper, [Renamed(Arms.Single, "1 / 0.1 / 0.1"), Renamed(Arms.AllThree, "1 / 1 / 1"), Arms.WeakNoisyClean, Arms.WeakNoisyTeacher]),
        new("levels", "Single-level against multi-level noise", "One map of noise per image, or one per target block?", Paper, [Arms.Single, Arms.Multi]),
        new("noise-type", "Noise or none", "Is it the noise, or the second predictor?", Paper, [Renamed(Arms.Single, "EDM noise"), Arms.NoNoise, Arms.DdpmLinear]),
        new("mask-token", "Shared against unshared mask tokens", "Does each predictor need a mask token of its own?", Paper, [Renamed(Arms.Single, "unshared mask tokens"), Arms.SharedMaskToken]),
        new("predictor", "Shared against unshared predictors", "Does the noisy predictor need layers of its own?", Paper, [Renamed(Arms.Single, "unshared predictors"), Arms.SharedPredictor]),
        new("low-shot", "Few labels", "How do the features do when few images are labelled?", Paper, [Arms.IJepa, Arms.Single, Arms.Multi]) { IsLowShot = true },
        new("sigma", "Strength of the noise", "Is the paper's noise of the right size?", Ours, [Renamed(Arms.Single, "sigma x 1 (paper)"), .. new[] { 0.25, 0.5, 2, 4 }.Select(Arms.SigmaTimes)]),
        new("distribution", "Distribution of noise levels", "Does it matter how levels are drawn?", Ours, [Renamed(Arms.Single, "EDM"), Arms.FixedMedian, Arms.FixedMean, Arms.DdpmLinear, Arms.DdpmCosine]),
        new("context-noise", "Noise on the visible patches' positions", "Should they be blurred as well?", Ours, [Renamed(Arms.Multi, "noise on mask tokens only"), Arms.ContextNoise]),
        new("terms", "Variance and covariance terms", "What do the two terms against collapse do, for both methods alike?", Ours, [Renamed(Arms.IJepa, "I-JEPA, with"), Arms.IJepaWithoutTerms, Renamed(Arms.Multi, "N-JEPA, multi-level, with"), Arms.MultiWithoutTerms]),
    ];

    /// <summary>The tables of these names, in the order of the list; <c>all</c> is every table.</summary>
    /// <exception cref="AblationException">There is no table of a name.</exception>
    public static IReadOnlyList<AblationTable> Named(IReadOnlyCollection<string> names)
    {
        string[] unknown = [.. names.Where(name => name != "all" && All.All(table => table.Name != name))];
        return unknown.Length > 0
            ? throw new AblationException($"There is no table called {string.Join(", ", unknown.Select(name => $"'{name}'"))}; there are {string.Join(", ", All.Select(table => table.Name))}, and 'all'.")
            : [.. All.Where(table => names.Contains("all") || names.Contains(table.Name))];
    }

    private static Arm Renamed(Arm arm, string name) => arm with { Name = name };
}
