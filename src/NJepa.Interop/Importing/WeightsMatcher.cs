using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>
/// Compares what a network needs with what a file has, before anything is read; then reads it. Whatever does not fit is collected with its reason.
/// </summary>
internal sealed class WeightsMatcher(TensorFile file)
{
    private static readonly ScalarType[] FloatTypes = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16];
    private readonly List<(TensorEntry Entry, Tensor Destination, int Part, int Parts)> _matches = [];
    private readonly List<Tensor> _zeros = [];
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly HashSet<ScalarType> _converted = [];

    public List<string> Matched { get; } = [];

    public List<string> Problems { get; } = [];

    public List<string> Notes { get; } = [];

    /// <summary>Whether the file's tensor was asked for.</summary>
    public bool HasRead(string name) => _read.Contains(name);

    /// <summary>Says that a tensor was dealt with elsewhere.</summary>
    public void MarkRead(string name) => _read.Add(name);

    /// <summary>Sets a parameter, or a range of its rows, to zero: the file's network has none, which is the same.</summary>
    public void Zero(Tensor destination) => _zeros.Add(destination);

    /// <summary>Looks for the tensor that a parameter, or a range of its rows, is kept in.</summary>
    public void Expect(string parameter, Tensor destination, string source, int part = 0, int parts = 1)
    {
        _read.Add(source);
        long[] shape = destination.shape;
        shape[0] /= parts;
        if (file.Find(source) is not { } entry)
        {
            Problems.Add($"'{source}' [{string.Join(",", shape)}] is missing from the file");
        }
        else if (!entry.Shape.SequenceEqual(shape))
        {
            Problems.Add($"'{source}' has shape [{string.Join(",", entry.Shape)}] in the file; the network needs [{string.Join(",", shape)}]");
        }
        else if (!FloatTypes.Contains(entry.Type))
        {
            Problems.Add($"'{source}' has type {entry.Type} in the file; weights are {string.Join(", ", FloatTypes)}");
        }
        else
        {
            if (entry.Type != ScalarType.Float32)
            {
                _converted.Add(entry.Type);
            }

            Matched.Add(parts == 1 ? $"{parameter} <- {source}" : $"{parameter} (part {part + 1} of {parts}) <- {source}");
            _matches.Add((entry, destination, part, parts));
        }
    }

    /// <summary>Reads into a new network, which whoever calls drops if this fails: straight into its memory where that is possible.</summary>
    public void Fill()
    {
        Conclude();
        using IDisposable noGradient = no_grad();
        foreach ((TensorEntry entry, Tensor destination, int part, int parts) in _matches)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor range = Range(destination, part, parts);
            if (range.device_type == DeviceType.CPU && entry.Type == range.dtype)
            {
                file.ReadInto(entry, range);
            }
            else
            {
                range.copy_(file.Read(entry.Name));
            }
        }

        ClearZeros();
    }

    /// <summary>Copies into a network that is in use: everything is read before anything is changed.</summary>
    public void Copy()
    {
        Conclude();
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var read = _matches.Select(match => (Range: Range(match.Destination, match.Part, match.Parts), Value: file.Read(match.Entry.Name))).ToList();
        foreach ((Tensor range, Tensor value) in read)
        {
            range.copy_(value);
        }

        ClearZeros();
    }

    private void Conclude()
    {
        if (_converted.Count > 0)
        {
            Notes.Add($"numbers of type {string.Join(", ", _converted)} were converted to Float32");
        }
    }

    private void ClearZeros()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Tensor destination in _zeros)
        {
            destination.zero_();
        }
    }

    private static Tensor Range(Tensor destination, int part, int parts)
    {
        long rows = destination.size(0) / parts;
        return destination.narrow(0, part * rows, rows);
    }
}
