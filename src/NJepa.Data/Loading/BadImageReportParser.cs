using System.Globalization;
using System.Text;

namespace NJepa.Data;

/// <summary>Reads the comma-separated values of a <see cref="BadImageReport"/>.</summary>
internal sealed class BadImageReportParser(string text, string header)
{
    private readonly StringBuilder _field = new();
    private int _place = text.StartsWith('\uFEFF') ? 1 : 0;
    private int _row;

    /// <exception cref="InvalidDataException">The text is no such list; the message is a clause.</exception>
    public IReadOnlyList<BadImage> Parse()
    {
        var images = new List<BadImage>();
        var fields = new List<string>();
        while (_place < text.Length)
        {
            _row++;
            ReadRow(fields);
            if (_row > 1)
            {
                images.Add(Image(fields));
            }
            else if (string.Join(',', fields) != header)
            {
                break;
            }
        }

        return _row > 1 || string.Join(',', fields) == header ? images : throw new InvalidDataException($"its first row is not '{header}'");
    }

    private BadImage Image(List<string> fields)
    {
        if (fields.Count != 3)
        {
            throw new InvalidDataException($"row {_row} does not have 3 fields");
        }

        return int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? new BadImage(index, Unguarded(fields[1]), Unguarded(fields[2]))
            : throw new InvalidDataException($"row {_row} has the index '{Printable.Name(fields[0])}', not a number from 0 to {int.MaxValue}");
    }

    private static string Unguarded(string field) => field.StartsWith('\'') && BadImageReport.IsGuarded(field[1..]) ? field[1..] : field;

    /// <summary>At most one field more than a row has: a false file must not make many small objects.</summary>
    private void ReadRow(List<string> fields)
    {
        fields.Clear();
        while (true)
        {
            fields.Add(ReadField());
            if (_place == text.Length)
            {
                return;
            }

            char next = text[_place++];
            if (next == ',' && fields.Count < 4)
            {
                continue;
            }

            // Either line end of either system.
            if (next == '\r' && _place < text.Length && text[_place] == '\n')
            {
                _place++;
            }
            else if (next != '\n')
            {
                throw new InvalidDataException($"row {_row} is damaged");
            }

            return;
        }
    }

    private string ReadField()
    {
        if (_place == text.Length || text[_place] != '"')
        {
            int length = text.AsSpan(_place).IndexOfAny(",\r\n");
            int start = _place;
            _place = length < 0 ? text.Length : start + length;
            return text[start.._place];
        }

        _field.Clear();
        _place++;
        while (true)
        {
            int length = text.AsSpan(_place).IndexOf('"');
            if (length < 0)
            {
                throw new InvalidDataException($"row {_row} has a quote that does not end");
            }

            _field.Append(text, _place, length);
            _place += length + 1;
            if (_place == text.Length || text[_place] != '"')
            {
                return _field.ToString();
            }

            _field.Append('"');
            _place++;
        }
    }
}
