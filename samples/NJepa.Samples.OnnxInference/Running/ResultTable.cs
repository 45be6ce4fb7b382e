namespace NJepa.Samples.OnnxInference.Running;

/// <summary>Where results go: a CSV file, or lines on the screen.</summary>
internal sealed class ResultTable : IDisposable
{
    private readonly TextWriter _output;
    private readonly StreamWriter? _csv;

    /// <param name="csv">The CSV file; null for the screen.</param>
    /// <param name="header">Its columns.</param>
    /// <param name="output">The screen.</param>
    public ResultTable(string? csv, IReadOnlyList<string> header, TextWriter output)
    {
        _output = output;
        if (csv is not null)
        {
            _csv = new StreamWriter(csv);
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
