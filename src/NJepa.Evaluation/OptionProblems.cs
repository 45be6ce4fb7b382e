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

    public void ThrowIfAny(string parameterName)
    {
        if (_problems.Count > 0)
        {
            throw new ArgumentException($"{optionsName} are not valid: {string.Join(" ", _problems)}", parameterName);
        }
    }
}
