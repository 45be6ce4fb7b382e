using static System.FormattableString;

namespace NJepa.Masking;

/// <summary>Sentences about option values that are wrong whatever the grid.</summary>
internal static class OptionChecks
{
    public static void AtLeastOne(List<string> problems, string name, int value, string because)
    {
        if (value < 1)
        {
            problems.Add(Invariant($"{name} is {value}; it must be at least 1, {because}."));
        }
    }

    public static void Defined<T>(List<string> problems, string name, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            problems.Add(Invariant($"{name} is {value:D}; it must be {string.Join(" or ", Enum.GetNames<T>())}."));
        }
    }

    public static void ScaleRange(List<string> problems, string name, double min, double max)
    {
        bool minIsRight = min > 0 && min <= 1;
        bool maxIsRight = max > 0 && max <= 1;
        const string Allowed = "it must be greater than 0 and at most 1, a share of the grid's area";
        Range(problems, name, min, max, minIsRight, maxIsRight, Allowed);
    }

    public static void AspectRatioRange(List<string> problems, string name, double min, double max) =>
        Range(
            problems, name, min, max, min > 0 && double.IsFinite(min), max > 0 && double.IsFinite(max), "it must be a finite number greater than 0, height divided by width");

    private static void Range(List<string> problems, string name, double min, double max, bool minIsRight, bool maxIsRight, string allowed)
    {
        if (!minIsRight)
        {
            problems.Add(Invariant($"{name}Min is {min}; {allowed}."));
        }

        if (!maxIsRight)
        {
            problems.Add(Invariant($"{name}Max is {max}; {allowed}."));
        }

        if (minIsRight && maxIsRight && min > max)
        {
            problems.Add(Invariant($"{name}Min is {min}, greater than {name}Max, which is {max}; exchange them or make them equal."));
        }
    }
}
