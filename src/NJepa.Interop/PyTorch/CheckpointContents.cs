using System.Globalization;

namespace NJepa.Interop;

/// <summary>
/// What a checkpoint holds, flattened: tensors and plain values under names joined by dots. Containers may be nested, shared and even hold themselves; depth, number and length of the names are
/// bounded, so that none of this costs more than a moment.
/// </summary>
internal sealed class CheckpointContents
{
    private const int MaxDepth = 32;
    private const int MaxVisits = 400_000;
    private const long MaxCharacters = 16_000_000;
    private const int MaxTextLength = 4096;

    private readonly List<(string Name, PickleTensor Tensor)> _tensors = [];
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _visits;
    private long _characters;

    private CheckpointContents()
    {
    }

    public IReadOnlyList<(string Name, PickleTensor Tensor)> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Values => _values;

    /// <exception cref="PickleException">It is nested too deeply or holds too much.</exception>
    public static CheckpointContents Of(object? root)
    {
        var contents = new CheckpointContents();
        contents.Visit("", root, 0);
        return contents;
    }

    private void Visit(string name, object? item, int depth)
    {
        _characters += name.Length;
        if (depth > MaxDepth || ++_visits > MaxVisits || _characters > MaxCharacters)
        {
            throw new PickleException(depth > MaxDepth
                ? $"its containers are nested more than {MaxDepth} deep, or hold themselves"
                : $"its containers hold more than {MaxVisits} things, or names of more than {MaxCharacters} characters in all");
        }

        switch (item)
        {
            case PickleTensor tensor:
                _tensors.Add((Unique(name.Length > 0 ? name : "tensor"), tensor));
                break;
            case PickleDictionary dictionary:
                foreach ((object key, object? value) in dictionary.Items)
                {
                    Visit(Join(name, Convert.ToString(key, CultureInfo.InvariantCulture) ?? ""), value, depth + 1);
                }

                break;
            case PickleList list:
                VisitAll(name, list.Items, depth);
                break;
            case PickleTuple tuple:
                VisitAll(name, tuple.Items, depth);
                break;
            case string or long or double or bool:
                string text = Convert.ToString(item, CultureInfo.InvariantCulture) ?? "";
                if (text.Length <= MaxTextLength)
                {
                    _values[Unique(name)] = text;
                }

                break;
            default:
                // None, a type of elements: nothing to keep.
                break;
        }
    }

    private void VisitAll(string name, IReadOnlyList<object?> items, int depth)
    {
        for (int i = 0; i < items.Count; i++)
        {
            Visit(Join(name, i.ToString(CultureInfo.InvariantCulture)), items[i], depth + 1);
        }
    }

    private string Unique(string name) => _names.Add(name) ? name : throw new PickleException($"it holds two things under the name '{name}'");

    private static string Join(string name, string key) => name.Length == 0 ? key : $"{name}.{key}";
}
