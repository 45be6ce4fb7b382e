using System.Globalization;
using System.Text;

namespace NJepa.Data;

/// <summary>
/// Texts from file names and archives as they appear in messages: on one line, of bounded length, with nothing in them that a terminal or
/// a log takes for a command.
/// </summary>
internal static class Printable
{
    /// <summary>Longer than any sensible path inside a data set; names in a zip archive may have 65,535 bytes.</summary>
    private const int MaxNameLength = 200;

    /// <summary>Reasons repeat the messages of the system and of users' own sources, which hold whole paths.</summary>
    private const int MaxReasonLength = 1000;

    public static string Name(string name) => Escape(name, MaxNameLength);

    public static string Reason(string reason) => Escape(reason, MaxReasonLength);

    private static string Escape(string text, int maxLength)
    {
        StringBuilder? escaped = null;
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (place >= maxLength)
            {
                return (escaped?.ToString() ?? text[..place]) + "...";
            }

            // Half of a surrogate pair is enumerated as the replacement character, which takes one place too.
            bool isPlain = IsPlain(rune);
            if (!isPlain)
            {
                escaped ??= new StringBuilder(text, 0, place, text.Length);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }
            else
            {
                escaped?.Append(rune.ToString());
            }

            place += rune.Utf16SequenceLength;
        }

        return escaped?.ToString() ?? text;
    }

    /// <summary>Not so: control characters, line breaks, and the invisible ones that reverse the direction of text.</summary>
    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
