using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Fills parameters from a safetensors file: first every name, shape and type is checked, then all is copied. A file that does not fit changes nothing.</summary>
internal sealed class WeightsReader
{
    private const int MaxDifferencesShown = 20;

    // Tables stored with 16 bits are still the same table.
    private const double TableTolerance = 0.01;
    private readonly SafetensorsFile _file;
    private readonly List<string> _differences = [];
    private readonly List<(SafetensorsEntry Entry, Tensor Destination)> _matches = [];
    private readonly HashSet<string> _expected = new(StringComparer.Ordinal);

    public WeightsReader(SafetensorsFile file) => _file = file;

    public void Expect(string name, Tensor destination)
    {
        _expected.Add(name);
        if (_file.Find(name) is not { } entry)
        {
            _differences.Add($"'{name}' [{string.Join(",", destination.shape)}] is missing from the file");
        }
        else if (!entry.Shape.SequenceEqual(destination.shape))
        {
            _differences.Add($"'{name}' has shape [{string.Join(",", entry.Shape)}] in the file and [{string.Join(",", destination.shape)}] in the model");
        }
        else if (entry.Type != destination.dtype)
        {
            _differences.Add($"'{name}' has type {entry.Type} in the file and {destination.dtype} in the model");
        }
        else
        {
            _matches.Add((entry, destination));
        }
    }

    /// <summary>A position table, which a file may hold; where it does, it must be the model's: other positions would give other features.</summary>
    public void AllowTable(string name, Tensor table)
    {
        _expected.Add(name);
        if (_file.Find(name) is not { } entry)
        {
            return;
        }

        if (!entry.Shape.SequenceEqual(table.shape))
        {
            _differences.Add($"'{name}' has shape [{string.Join(",", entry.Shape)}] in the file and [{string.Join(",", table.shape)}] in the model");
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        double difference = (_file.Read(name).to_type(ScalarType.Float64) - table.cpu().to_type(ScalarType.Float64)).abs().max().item<double>();
        if (!(difference <= TableTolerance))
        {
            _differences.Add(FormattableString.Invariant($"'{name}' differs by up to {difference:0.###} from the sin-cos table of the model, whose positions are fixed"));
        }
    }

    /// <summary>The position table <c>[L,D]</c> of an encoder that has one of its own.</summary>
    /// <exception cref="WeightsException">It is missing, or has another shape or type.</exception>
    public float[] ReadTable(string name, ViT configuration)
    {
        long[] shape = [1, configuration.Patches, configuration.Width];
        if (_file.Find(name) is not { Type: ScalarType.Float32 } entry || !entry.Shape.SequenceEqual(shape))
        {
            throw new WeightsException($"{_file.Path} says that its encoder has positions of its own, but holds no '{name}' of type Float32 and shape [{string.Join(",", shape)}]; it was changed. Save it again.");
        }

        using Tensor table = _file.Read(name);
        return MemoryMarshal.Cast<byte, float>(table.bytes).ToArray();
    }

    /// <summary>Copies into a model that is in use: a file that does not fit, or ends early, changes nothing.</summary>
    public void Copy()
    {
        ThrowIfDifferent();

        // Read everything before anything is changed: a file that ends early must not leave half a model behind.
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var read = _matches.Select(match => (match.Destination, Value: _file.Read(match.Entry.Name))).ToList();
        foreach ((Tensor destination, Tensor value) in read)
        {
            destination.copy_(value);
        }
    }

    /// <summary>Reads into a new model, which whoever calls drops if this fails: straight into its memory, where that is the host's.</summary>
    public void Fill()
    {
        ThrowIfDifferent();
        using IDisposable noGradient = no_grad();
        foreach ((SafetensorsEntry entry, Tensor destination) in _matches)
        {
            if (destination.device_type == DeviceType.CPU)
            {
                _file.ReadInto(entry, destination);
                continue;
            }

            using DisposeScope scope = NewDisposeScope();
            destination.copy_(_file.Read(entry.Name));
        }
    }

    private void ThrowIfDifferent()
    {
        foreach (SafetensorsEntry entry in _file.Entries.Where(entry => !_expected.Contains(entry.Name)))
        {
            _differences.Add($"'{entry.Name}' [{string.Join(",", entry.Shape)}] is not part of the model");
        }

        if (_differences.Count > 0)
        {
            string more = _differences.Count > MaxDifferencesShown ? $"\n- and {_differences.Count - MaxDifferencesShown} more" : "";
            throw new WeightsException(
                $"The weights in {_file.Path} do not fit the model; nothing was loaded. Build the model with the sizes that the file was saved with.\n- "
                + string.Join("\n- ", _differences.Take(MaxDifferencesShown)) + more);
        }
    }
}
