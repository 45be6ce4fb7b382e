namespace NJepa.Onnx;

/// <summary>
/// A linear head on an encoder's pooled features: scores <c>weights * features + bias</c>. From a classifier it is one line:
/// <c>new OnnxHead(classifier.ClassNames, classifier.Weights, classifier.Bias)</c>.
/// </summary>
public sealed class OnnxHead
{
    private const int MostShown = 10;
    private readonly float[] _weights;
    private readonly float[] _bias;

    /// <summary>A head from its numbers, which are copied and rounded to float32.</summary>
    /// <param name="labels">The classes [K], at least one; none empty, each once, in whole characters.</param>
    /// <param name="weights">The weights [K,D], row-major; finite as float32.</param>
    /// <param name="bias">The bias [K]; finite as float32.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, a number is not finite, or a label is empty or repeated; all problems are listed.</exception>
    public OnnxHead(IReadOnlyList<string> labels, IReadOnlyList<double> weights, IReadOnlyList<double> bias)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(bias);
        List<string> problems = [.. Problems(labels, weights, bias)];
        if (problems.Count > 0)
        {
            throw new ArgumentException("The head is not valid:\n- " + string.Join("\n- ", problems), nameof(weights));
        }

        Labels = [.. labels];
        _weights = [.. weights.Select(weight => (float)weight)];
        _bias = [.. bias.Select(value => (float)value)];
    }

    /// <summary>The classes [K].</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>D, the number of features that the head takes.</summary>
    public int Width => _weights.Length / Labels.Count;

    /// <summary>The weights [K,D], row-major.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>The bias [K].</summary>
    public ReadOnlySpan<float> Bias => _bias;

    private static IEnumerable<string> Problems(IReadOnlyList<string> labels, IReadOnlyList<double> weights, IReadOnlyList<double> bias)
    {
        if (labels.Count == 0)
        {
            yield return "There are no labels; give at least one.";
            yield break;
        }

        if (weights.Count == 0 || weights.Count % labels.Count != 0)
        {
            yield return $"There are {weights.Count} weights for {labels.Count} labels; give the same number, at least 1, for each label.";
        }

        if (bias.Count != labels.Count)
        {
            yield return $"There are {bias.Count} numbers in the bias for {labels.Count} labels; give one for each.";
        }

        if (FirstNotFinite(weights) is >= 0 and int weight)
        {
            yield return FormattableString.Invariant($"Weight {weight} is {weights[weight]}; it must be a finite float32 number.");
        }

        if (FirstNotFinite(bias) is >= 0 and int place)
        {
            yield return FormattableString.Invariant($"The bias of label {place} is {bias[place]}; it must be a finite float32 number.");
        }

        foreach (int empty in Enumerable.Range(0, labels.Count).Where(i => string.IsNullOrWhiteSpace(labels[i])).Take(MostShown))
        {
            yield return $"Label {empty} is empty; give it a name.";
        }

        foreach (int broken in Enumerable.Range(0, labels.Count).Where(i => labels[i] is not null && !IsText(labels[i])).Take(MostShown))
        {
            yield return $"Label {broken} has half of a surrogate pair, which no file keeps; give it another name.";
        }

        IGrouping<string, string>[] twice = [.. labels.Where(label => !string.IsNullOrWhiteSpace(label)).GroupBy(label => label, StringComparer.Ordinal).Where(group => group.Count() > 1)];
        if (twice.Length > MostShown)
        {
            yield return $"{twice.Length} labels are there more than once; each must be there once. The first of them:";
        }

        foreach (IGrouping<string, string> repeated in twice.Take(MostShown))
        {
            yield return $"Label '{repeated.Key}' is there {repeated.Count()} times; each must be there once.";
        }
    }

    private static bool IsText(string label)
    {
        for (int i = 0; i < label.Length; i++)
        {
            if (char.IsSurrogate(label[i]) && !(i + 1 < label.Length && char.IsSurrogatePair(label[i], label[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static int FirstNotFinite(IReadOnlyList<double> numbers)
    {
        for (int i = 0; i < numbers.Count; i++)
        {
            if (!float.IsFinite((float)numbers[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
