namespace NJepa.Training;

/// <summary>How the settings that a checkpoint keeps (<see cref="SettingTexts"/>) are compared with those of the run that goes on from it.</summary>
internal static class RunDescription
{
    /// <summary>What the data, their order, and what is drawn for them depend on, and nothing else of <see cref="PretrainingOptions"/>: with another value the run would be another one.</summary>
    private static readonly string[] FixedOptions =
    [
        nameof(PretrainingOptions.Seed), nameof(PretrainingOptions.BatchSize), nameof(PretrainingOptions.CropScaleMin), nameof(PretrainingOptions.CropScaleMax),
        nameof(PretrainingOptions.HorizontalFlip), nameof(PretrainingOptions.Normalization),
    ];

    /// <summary>What changes how a model is computed, or called, but not what it is.</summary>
    private static readonly string[] FreeModelSettings = ["Precision", "RecomputeActivations", "Encoder.Name", "Recipe.Name"];

    /// <summary>Whether another value of an option makes another run.</summary>
    public static bool IsFixedOption(string name) => FixedOptions.Any(option => name == option || name.StartsWith(option + ".", StringComparison.Ordinal));

    /// <summary>Whether another value of a model's setting makes another model.</summary>
    public static bool IsFixedModelSetting(string name) => !FreeModelSettings.Contains(name);

    /// <summary>What differs, by name: those that make another run, and those that may change from one part of it to the next.</summary>
    public static ILookup<bool, string> Differences(string prefix, IReadOnlyDictionary<string, string> saved, IReadOnlyDictionary<string, string> now, Func<string, bool> isFixed) =>
        saved.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(name => saved.GetValueOrDefault(name) != now.GetValueOrDefault(name))
            .ToLookup(isFixed, name => $"{prefix}{name} is {now.GetValueOrDefault(name) ?? "not there"}, and was {saved.GetValueOrDefault(name) ?? "not there"}");
}
