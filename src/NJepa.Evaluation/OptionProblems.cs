namespace NJepa.Evaluation;

/// <summary>Collects every problem of an options record, so that the user sees all of them at once.</summary>
internal sealed class OptionProblems(string optionsName)
{
    private readonly List<string> _problems = [];

    public void Require(bool condition, string problem)
    {
        if (!condition)
        {
            _problems.Add(problem);
        }
    }

    public void RequirePositive(string name, double value) =>
        Require(value > 0 && double.IsFinite(value), FormattableString.Invariant($"{name} is {value}; it must be finite and above 0."));

    public void RequireGrid(string name, IReadOnlyList<double>? grid)
    {
        Require(grid is { Count: > 0 }, $"{name} is empty; give at least one value to try.");
        foreach (double value in grid ?? [])
        {
            Require(value > 0 && double.IsFinite(value), FormattableString.Invariant($"{name} contains {value}; every value must be finite and above 0."));
        }

        Require((grid ?? []).Distinct().Count() == (grid ?? []).Count, $"{name} contains a value twice; give each once.");
    }

    public void ThrowIfAny(string parameterName)
    {
        if (_problems.Count > 0)
        {
            throw new ArgumentException($"{optionsName} are not valid: {string.Join(" ", _problems)}", parameterName);
        }
    }
}
