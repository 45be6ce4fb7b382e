namespace NJepa.Samples.OnnxInference.Running;

/// <summary>Where results go: a CSV file, or lines on the screen.</summary>
internal sealed class ResultTable : IDisposable
{
    private readonly TextWriter _output;
    private readonly StreamWriter? _csv;

    /// <param name="csv">The CSV file; null for the screen.</param>
    /// <param name="header">Its columns.</param>
    /// <param name="output">The screen.</param>
    /// <exception cref="InferenceException">The file cannot be written.</exception>
    public ResultTable(string? csv, IReadOnlyList<string> header, TextWriter output)
    {
        _output = output;
        if (csv is not null)
        {
            try
            {
                _csv = new StreamWriter(csv);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new InferenceException($"--csv is '{csv}', which cannot be written: {exception.Message.TrimEnd('.')}. Give a file in a folder that is there and can be written to.");
            }

            _csv.WriteLine(Text.CsvLine([.. header]));
        }
    }

    /// <summary>One line of the screen, or several of the file.</summary>
    public void Add(string line, IEnumerable<string[]> rows)
    {
        if (_csv is null)
        {
            _output.WriteLine(Text.OnOneLine(line));
            return;
        }

        foreach (string[] row in rows)
        {
            _csv.WriteLine(Text.CsvLine(row));
        }
    }

    public void Dispose() => _csv?.Dispose();
}
