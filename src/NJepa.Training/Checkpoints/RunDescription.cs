using System.Collections;
using System.Globalization;
using System.Reflection;

namespace NJepa.Training;

/// <summary>Settings as names and texts, such as <c>Encoder.Width</c> = <c>384</c>: what a checkpoint keeps of a run's settings, and how those of the run that goes on from it are compared.</summary>
internal static class RunDescription
{
    private const int MaxDepth = 8;

    /// <summary>What the data, their order, and what is drawn for them depend on, and nothing else of <see cref="PretrainingOptions"/>: with another value the run would be another one.</summary>
    private static readonly string[] FixedOptions =
    [
        nameof(PretrainingOptions.Seed), nameof(PretrainingOptions.BatchSize), nameof(PretrainingOptions.CropScaleMin), nameof(PretrainingOptions.CropScaleMax),
        nameof(PretrainingOptions.HorizontalFlip), nameof(PretrainingOptions.Normalization),
    ];

    /// <summary>What changes how a model is computed, or called, but not what it is.</summary>
    private static readonly string[] FreeModelSettings = ["Precision", "RecomputeActivations", "Encoder.Name", "Recipe.Name"];

    /// <summary>All public settings of an object, those of the settings in it too.</summary>
    public static SortedDictionary<string, string> Of(object settings)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(texts, "", settings, settings.GetType(), 0);
        return texts;
    }

    /// <summary>Whether another value of an option makes another run.</summary>
    public static bool IsFixedOption(string name) => FixedOptions.Any(option => name == option || name.StartsWith(option + ".", StringComparison.Ordinal));

    /// <summary>Whether another value of a model's setting makes another model.</summary>
    public static bool IsFixedModelSetting(string name) => !FreeModelSettings.Contains(name);

    /// <summary>What differs, by name: those that make another run, and those that may change from one part of it to the next.</summary>
    public static ILookup<bool, string> Differences(string prefix, IReadOnlyDictionary<string, string> saved, IReadOnlyDictionary<string, string> now, Func<string, bool> isFixed) =>
        saved.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Where(name => saved.GetValueOrDefault(name) != now.GetValueOrDefault(name))
            .ToLookup(isFixed, name => $"{prefix}{name} is {now.GetValueOrDefault(name) ?? "not there"}, and was {saved.GetValueOrDefault(name) ?? "not there"}");

    private static void Add(SortedDictionary<string, string> texts, string name, object? value, Type declared, int depth)
    {
        if (Text(value) is { } text)
        {
            texts[name] = text;
            return;
        }

        if (value is IEnumerable items)
        {
            int i = 0;
            foreach (object? item in items)
            {
                Add(texts, FormattableString.Invariant($"{name}[{i++}]"), item, typeof(object), depth + 1);
            }

            return;
        }

        // Which of several kinds it is says as much as its numbers.
        Type type = value!.GetType();
        if (type != declared || depth > MaxDepth)
        {
            texts[name] = type.Name;
        }

        if (depth <= MaxDepth)
        {
            foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.CanWrite && property.GetIndexParameters().Length == 0))
            {
                Add(texts, name.Length == 0 ? property.Name : $"{name}.{property.Name}", property.GetValue(value), property.PropertyType, depth + 1);
            }
        }
    }

    private static string? Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        Enum choice => choice.ToString(),
        IFormattable number and (byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal or TimeSpan or DateTime or Guid) => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };
}
