using System.Collections;
using System.Globalization;
using System.Reflection;

namespace NJepa;

/// <summary>Settings as names and texts, such as <c>Encoder.Width</c> = <c>384</c>: to be kept in a file and compared with those of another time.</summary>
internal static class SettingTexts
{
    private const int MaxDepth = 8;

    /// <summary>All public settings of an object, those of the settings in it too.</summary>
    public static SortedDictionary<string, string> Of(object settings)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(texts, "", settings, settings.GetType(), 0);
        return texts;
    }

    private static void Add(SortedDictionary<string, string> texts, string name, object? value, Type declared, int depth)
    {
        if (Text(value) is { } text)
        {
            texts[name] = text;
            return;
        }

        if (value is IEnumerable items)
        {
            int i = 0;
            foreach (object? item in items)
            {
                Add(texts, FormattableString.Invariant($"{name}[{i++}]"), item, typeof(object), depth + 1);
            }

            return;
        }

        // Which of several kinds it is says as much as its numbers.
        Type type = value!.GetType();
        if (type != declared || depth > MaxDepth)
        {
            texts[name] = type.Name;
        }

        if (depth <= MaxDepth)
        {
            foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.CanWrite && property.GetIndexParameters().Length == 0))
            {
                Add(texts, name.Length == 0 ? property.Name : $"{name}.{property.Name}", property.GetValue(value), property.PropertyType, depth + 1);
            }
        }
    }

    private static string? Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        bool flag => flag ? "true" : "false",
        Enum choice => choice.ToString(),
        IFormattable number and (byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal or TimeSpan or DateTime or Guid) => number.ToString(null, CultureInfo.InvariantCulture),
        _ => null,
    };
}
