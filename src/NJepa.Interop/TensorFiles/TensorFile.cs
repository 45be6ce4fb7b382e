using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>
/// A file of named tensors, whatever its format: safetensors, several of them with an index, or a PyTorch checkpoint. Only the list of tensors is read on opening; each tensor is read when
/// it is asked for.
/// </summary>
/// <remarks>Dispose it to close the file. Not thread-safe.</remarks>
public abstract class TensorFile : IDisposable
{
    private readonly Dictionary<string, TensorEntry> _byName;

    private protected TensorFile(string path, IReadOnlyList<TensorEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Entries = entries;
        Metadata = metadata;
        _byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The tensors, in the file's order.</summary>
    public IReadOnlyList<TensorEntry> Entries { get; }

    /// <summary>The texts beside the tensors: the metadata of safetensors; the numbers and texts of a PyTorch checkpoint, such as <c>epoch</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Opens a weights file or a folder of them. The format is told by the content: safetensors; <c>*.index.json</c> with its shards; PyTorch's zip format (<c>.pth</c>, <c>.pth.tar</c>,
    /// <c>.pt</c>, <c>.bin</c>). Of a folder, the first of <c>model.safetensors</c>, <c>model.safetensors.index.json</c> and <c>pytorch_model.bin</c> is opened.
    /// </summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or the folder holds none of these.</exception>
    /// <exception cref="WeightsException">The file is damaged, of no known format, or holds more than tensors and plain values.</exception>
    public static TensorFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = WeightsFolder.Resolve(path);
        return TensorFormat.Of(file) switch
        {
            TensorFormat.Kind.Index => ShardedTensorFile.Open(file),
            TensorFormat.Kind.PyTorch => PyTorchFile.Open(file),
            _ => SingleTensorFile.Open(file),
        };
    }

    /// <summary>The size of all that the tensors lie in, in bytes.</summary>
    internal abstract long ByteLength { get; }

    /// <summary>The entry of the given name, or null.</summary>
    /// <param name="name">The tensor's name.</param>
    public TensorEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads a tensor to the CPU. It belongs to the caller or the caller's dispose scope.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="KeyNotFoundException">The file holds no such tensor.</exception>
    /// <exception cref="WeightsException">The file ends too early.</exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for the tensor.</exception>
    public Tensor Read(string name)
    {
        TensorEntry entry = Find(name) ?? throw new KeyNotFoundException($"{Path} holds no tensor '{name}'.");
        NJepaRuntime.EnsureLoaded();
        return ReadEntry(entry);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> was called.</param>
    protected abstract void Dispose(bool disposing);

    private protected abstract Tensor ReadEntry(TensorEntry entry);

    /// <summary>Reads a tensor into the memory of another of the same type and number of elements, contiguous and on the CPU: no copy in between where the format allows it.</summary>
    internal virtual void ReadInto(TensorEntry entry, Tensor cpuTensor)
    {
        using DisposeScope scope = NewDisposeScope();
        cpuTensor.view(-1).copy_(ReadEntry(entry).reshape(-1));
    }
}
