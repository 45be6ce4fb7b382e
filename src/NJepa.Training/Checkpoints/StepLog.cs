namespace NJepa.Training;

/// <summary>Reading of what a run logs as lines that begin with a step.</summary>
internal static class StepLog
{
    private const long MaxBytes = 1L << 30;

    /// <summary>Reads a log.</summary>
    /// <param name="path">The file, or the output folder that it lies in.</param>
    /// <param name="fileName">Its name there.</param>
    /// <param name="header">Its first line.</param>
    /// <param name="kind">What it is called.</param>
    /// <param name="parse">Makes an entry of a line; null where it is none.</param>
    /// <returns>Its lines; a last one that was cut off is left out.</returns>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static IReadOnlyList<T> Read<T>(string path, string fileName, string header, string kind, Func<string, T?> parse)
        where T : class
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? Path.Combine(path, fileName) : path;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"There is no {kind} '{file}'.", file);
        }

        long length = new FileInfo(file).Length;
        if (length > MaxBytes)
        {
            throw new InvalidDataException($"'{file}' has {length} bytes, more than the {MaxBytes} of a {kind}; it is something else.");
        }

        string[] lines = File.ReadAllText(file).Split('\n');
        if (lines.Length == 1 && header.StartsWith(lines[0].TrimEnd('\r'), StringComparison.Ordinal))
        {
            // Of a run that has reported nothing yet.
            return [];
        }

        if (lines[0].TrimEnd('\r') != header)
        {
            throw new InvalidDataException($"'{file}' is no {kind}: it does not begin with '{header}'.");
        }

        // What stands behind the last line end was cut off.
        return [.. lines[1..^1].Select((line, i) => parse(line.TrimEnd('\r')) ?? throw new InvalidDataException(FormattableString.Invariant($"Line {i + 2} of '{file}' is no line of a {kind}: '{line}'.")))];
    }
}
