using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NJepa.Evaluation;

/// <summary>What a classifier made of the test images. All figures are derived from the confusion matrix.</summary>
/// <remarks>Serialises to JSON with System.Text.Json (or <see cref="ToJson"/>) and reads back with <see cref="FromJson"/>.</remarks>
public sealed record ClassificationResult
{
    private const int LargestPrintedConfusion = 20;

    /// <summary>A result from its confusion matrix.</summary>
    /// <param name="method">What classified, for people: <c>kNN, k = 20</c>.</param>
    /// <param name="classNames">The names of the classes.</param>
    /// <param name="confusion">How many images of each class (row) were taken for each class (column) [classes][classes].</param>
    /// <exception cref="ArgumentException">The matrix does not fit the classes, has a negative number, or is all zero.</exception>
    [JsonConstructor]
    public ClassificationResult(string method, IReadOnlyList<string> classNames, IReadOnlyList<IReadOnlyList<int>> confusion)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(method);
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentNullException.ThrowIfNull(confusion);
        var problems = new OptionProblems("The numbers of the confusion matrix");
        problems.Require(
            confusion.Count == classNames.Count && confusion.All(row => row.Count == classNames.Count),
            $"With {classNames.Count} classes it needs {classNames.Count} rows of {classNames.Count} numbers.");
        problems.Require(confusion.All(row => row.All(n => n >= 0)), "No number may be negative.");
        problems.Require(confusion.Any(row => row.Any(n => n > 0)), "At least one image must have been classified.");
        problems.ThrowIfAny(nameof(confusion));
        Method = method;
        ClassNames = classNames;
        Confusion = confusion;
    }

    /// <summary>What classified, for people.</summary>
    public string Method { get; }

    /// <summary>The part of the test images whose class was recognised (top-1), from 0 to 1.</summary>
    public double Accuracy => (double)Correct / Count;

    /// <summary>The 95 % interval of <see cref="Accuracy"/> (Wilson's score interval).</summary>
    public AccuracyInterval ConfidenceInterval => AccuracyInterval.Wilson(Correct, Count);

    /// <summary>How many test images were recognised.</summary>
    public int Correct => Confusion.Select((row, i) => row[i]).Sum();

    /// <summary>How many test images there were.</summary>
    public int Count => Confusion.Sum(row => row.Sum());

    /// <summary>The mean of the accuracies of the classes that have test images, from 0 to 1: every class counts the same, however many images it has.</summary>
    public double BalancedAccuracy => PerClassAccuracy.Where(c => c.Count > 0).Average(c => c.Accuracy!.Value);

    /// <summary>The accuracy of each class, in the order of <see cref="ClassNames"/>.</summary>
    public IReadOnlyList<ClassAccuracy> PerClassAccuracy =>
        [.. ClassNames.Select((name, i) => new ClassAccuracy(name, Confusion[i][i], Confusion[i].Sum()))];

    /// <summary>The names of the classes: those of the training set, in its order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many images of each class (row) were taken for each class (column) [classes][classes].</summary>
    public IReadOnlyList<IReadOnlyList<int>> Confusion { get; }

    /// <summary>
    /// The true class of each test image [N], in the order of the test set, as an index into <see cref="ClassNames"/>. Null unless the result comes from
    /// <see cref="FromPredictions"/>: it is neither part of the JSON nor compared by <see cref="Equals(ClassificationResult?)"/>.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<int>? Labels { get; private init; }

    /// <summary>The predicted class of each test image [N]; null where <see cref="Labels"/> are.</summary>
    [JsonIgnore]
    public IReadOnlyList<int>? Predictions { get; private init; }

    /// <summary>A result from labels and predictions, which it keeps image by image.</summary>
    /// <param name="method">What classified, for people.</param>
    /// <param name="classNames">The names of the classes.</param>
    /// <param name="labels">The true classes [N].</param>
    /// <param name="predictions">The predicted classes [N].</param>
    /// <returns>The result.</returns>
    /// <exception cref="ArgumentException">The lengths differ or are 0, or a class is out of range.</exception>
    public static ClassificationResult FromPredictions(
        string method, IReadOnlyList<string> classNames, ReadOnlySpan<int> labels, ReadOnlySpan<int> predictions)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        if (labels.Length != predictions.Length)
        {
            throw new ArgumentException($"There are {labels.Length} labels and {predictions.Length} predictions; there must be one prediction per label.", nameof(predictions));
        }

        var confusion = new int[classNames.Count][];
        for (int i = 0; i < confusion.Length; i++)
        {
            confusion[i] = new int[confusion.Length];
        }

        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)confusion.Length || (uint)predictions[i] >= (uint)confusion.Length)
            {
                throw new ArgumentException(
                    $"Image {i} has label {labels[i]} and prediction {predictions[i]}; with {confusion.Length} classes both must be from 0 to {confusion.Length - 1}.",
                    nameof(labels));
            }

            confusion[labels[i]][predictions[i]]++;
        }

        return new(method, classNames, confusion) { Labels = labels.ToArray(), Predictions = predictions.ToArray() };
    }

    /// <summary>Reads a result back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>An equal result.</returns>
    /// <exception cref="JsonException">The text is not a result.</exception>
    public static ClassificationResult FromJson(string json) =>
        JsonSerializer.Deserialize<ClassificationResult>(json, EvaluationJson.Options) ?? throw new JsonException("The text is 'null'; expected a classification result.");

    /// <summary>The result as indented JSON, derived figures included.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluationJson.Options);

    /// <summary>The result as Markdown: the accuracy, a table of the classes and, up to 20 classes, the confusion matrix.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"**{Method}**: {Percent.WithInterval(this)} of {Count} images").AppendLine();
        text.AppendLine("| class | images | accuracy |").AppendLine("|---|---:|---:|");
        foreach (ClassAccuracy one in PerClassAccuracy)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {Percent.Cell(one.Name)} | {one.Count} | {(one.Accuracy is { } a ? Percent.Of(a) : "-")} |");
        }

        if (ClassNames.Count <= LargestPrintedConfusion)
        {
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"| true \\ taken for | {string.Join(" | ", ClassNames.Select(Percent.Cell))} |");
            text.Append("|---|").AppendLine(string.Concat(Enumerable.Repeat("---:|", ClassNames.Count)));
            for (int i = 0; i < ClassNames.Count; i++)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"| {Percent.Cell(ClassNames[i])} | {string.Join(" | ", Confusion[i])} |");
            }
        }

        return text.ToString();
    }

    /// <summary>The method, the accuracy and its interval, in one line.</summary>
    public override string ToString() => $"{Method}: {Percent.WithInterval(this)} of {Count} images";

    /// <summary>Whether the other result has the same method, classes and confusion matrix.</summary>
    /// <param name="other">The other result.</param>
    /// <returns>True when all are equal.</returns>
    public bool Equals(ClassificationResult? other) =>
        other is not null && Method == other.Method && ClassNames.SequenceEqual(other.ClassNames)
        && Confusion.SelectMany(row => row).SequenceEqual(other.Confusion.SelectMany(row => row));

    /// <summary>A hash of the method and the counts.</summary>
    public override int GetHashCode() => HashCode.Combine(Method, Correct, Count, ClassNames.Count);
}
