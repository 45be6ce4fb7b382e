using System.Globalization;

namespace NJepa.Samples.OnnxInference.Running;

internal static class Text
{
    /// <summary>The name of a file may hold anything, even what moves the cursor.</summary>
    public static string OnOneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    /// <summary>A line of CSV (RFC 4180).</summary>
    public static string CsvLine(params ReadOnlySpan<string> cells) => string.Join(',', cells.ToArray().Select(Quoted));

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\r\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
