using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>
/// Reads and writes safetensors: 8 bytes of header length, a JSON header, raw little-endian row-major data. Nothing in a file is executed and nothing it claims is trusted.
/// </summary>
/// <remarks>Dispose it to close the file. Not thread-safe.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const int Alignment = 8;
    private const int MaxBytesPerCall = 1 << 30;
    private readonly FileStream _stream;
    private readonly Dictionary<string, SafetensorsEntry> _byName;
    private readonly long _length;
    private SafetensorsMap? _map;

    private SafetensorsFile(FileStream stream, string path)
    {
        Path = path;
        _stream = stream;
        _length = stream.Length;
        (Entries, Metadata) = SafetensorsHeader.Read(stream, path);
        _byName = Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>What the file holds, in its order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged or not safetensors.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        }

        // Opening a pipe waits for whoever writes to it, which may be for ever; pipes have the length 0.
        SafetensorsHeader.CheckLength(new FileInfo(path).Length, path);
        FileStream stream = File.OpenRead(path);
        try
        {
            return new SafetensorsFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The entry of the given name, or null.</summary>
    /// <param name="name">The tensor's name.</param>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads a tensor to the CPU. It belongs to the caller or the caller's dispose scope.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="KeyNotFoundException">The file holds no such tensor.</exception>
    /// <exception cref="WeightsException">The file ends too early.</exception>
    public Tensor Read(string name)
    {
        SafetensorsEntry entry = Find(name) ?? throw new KeyNotFoundException($"{Path} holds no tensor '{name}'.");
        NJepaRuntime.EnsureLoaded();
        Tensor result = empty([.. entry.Shape], dtype: entry.Type);
        try
        {
            ReadInto(entry, result);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The bytes of a tensor where they lie: the file is mapped into memory at the first call, and pages come from it as they are touched, shared by all processes that map it. Little-endian,
    /// row-major.
    /// </summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The bytes; not to be used after the file is disposed.</returns>
    /// <exception cref="KeyNotFoundException">The file holds no such tensor.</exception>
    /// <exception cref="NotSupportedException">The tensor has more than 2 GB, which one span cannot hold; use <see cref="Read"/>.</exception>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    /// <remarks>
    /// For weights that are read in part, or by code without TorchSharp. <see cref="Read"/> copies once into the tensor's own memory and is as fast. As with any map, another program that shortens
    /// the file meanwhile ends this process.
    /// </remarks>
    public ReadOnlySpan<byte> Map(string name)
    {
        ObjectDisposedException.ThrowIf(_stream.SafeFileHandle.IsClosed, this);
        SafetensorsEntry entry = Find(name) ?? throw new KeyNotFoundException($"{Path} holds no tensor '{name}'.");
        if (entry.Length > int.MaxValue)
        {
            throw new NotSupportedException($"The tensor '{name}' has {entry.Length} bytes; at most {int.MaxValue} can be mapped as one span. Use Read.");
        }

        _map ??= new SafetensorsMap(_stream, Path, _length);
        return _map.Bytes(entry.Offset, (int)entry.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _map?.Dispose();
        _stream.Dispose();
    }

    /// <summary>
    /// Writes tensors to a file. The file is written beside the destination, flushed to disk and renamed: a crash or a full disk leaves the old file as it was.
    /// </summary>
    /// <param name="path">The destination; an existing file is replaced.</param>
    /// <param name="tensors">Names and tensors, on any device.</param>
    /// <param name="metadata">Texts to store beside them, or null.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">A tensor's type has no safetensors counterpart, a name appears twice or is <c>__metadata__</c>, or a tensor is disposed, sparse or without values.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        List<KeyValuePair<string, Tensor>> all = [.. tensors];
        byte[] header = Header(all, metadata);
        FileReplacement.Write(path, stream => Write(stream, header, all));
    }

    /// <summary>Writes tensors to a stream, from its current position on.</summary>
    /// <param name="destination">Receives the bytes; it is neither flushed nor closed.</param>
    /// <param name="tensors">Names and tensors, on any device.</param>
    /// <param name="metadata">Texts to store beside them, or null.</param>
    /// <exception cref="IOException">The stream cannot be written to.</exception>
    /// <exception cref="ArgumentException">A tensor's type has no safetensors counterpart, a name appears twice or is <c>__metadata__</c>, or a tensor is disposed, sparse or without values.</exception>
    public static void WriteTo(Stream destination, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(tensors);
        List<KeyValuePair<string, Tensor>> all = [.. tensors];
        Write(destination, Header(all, metadata), all);
    }

    private static void Write(Stream destination, byte[] header, List<KeyValuePair<string, Tensor>> tensors)
    {
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        destination.Write(length);
        destination.Write(header);
        foreach ((_, Tensor value) in tensors)
        {
            WriteData(destination, value);
        }
    }

    internal void ReadInto(SafetensorsEntry entry, Tensor cpuTensor)
    {
        _stream.Position = entry.Offset;
        ForEachChunk(cpuTensor, (stream: _stream, Path, entry.Name), static (bytes, source) =>
        {
            if (source.stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw new WeightsException($"{source.Path} ended while tensor '{source.Name}' was read; it was cut off after it was opened.");
            }
        });
    }

    private delegate void ChunkAction<TState>(Span<byte> bytes, TState state);

    // A span holds 2 GB at most; a tensor may hold more.
    private static void ForEachChunk<TState>(Tensor contiguousCpu, TState state, ChunkAction<TState> action)
    {
        long count = contiguousCpu.NumberOfElements, perChunk = MaxBytesPerCall / contiguousCpu.ElementSize;
        for (long start = 0; start < count; start += perChunk)
        {
            using Tensor flat = contiguousCpu.view(-1);
            using Tensor chunk = flat.narrow(0, start, Math.Min(perChunk, count - start));
            action(chunk.bytes, state);
        }
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string text) in metadata)
                {
                    json.WriteString(key, text);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach ((string name, Tensor value) in tensors)
            {
                if (name == SafetensorsHeader.MetadataKey)
                {
                    throw new ArgumentException($"A tensor is named '{name}', which safetensors files keep for texts; choose another name.", nameof(tensors));
                }

                if (value is null || value.IsInvalid)
                {
                    throw new ArgumentException($"Tensor '{name}' is null or has been disposed; it cannot be saved.", nameof(tensors));
                }

                if (value.is_sparse || value.device_type == DeviceType.META)
                {
                    throw new ArgumentException($"Tensor '{name}' is {(value.is_sparse ? "sparse; call to_dense() on it" : "on the meta device, where there are no values")}; only dense values can be saved.", nameof(tensors));
                }

                if (!names.Add(name))
                {
                    throw new ArgumentException($"Two tensors are named '{name}'; names in a file must differ.", nameof(tensors));
                }

                long bytes = value.NumberOfElements * value.ElementSize;
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(value.dtype));
                json.WriteStartArray("shape");
                foreach (long side in value.shape)
                {
                    json.WriteNumberValue(side);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset + bytes);
                json.WriteEndArray();
                json.WriteEndObject();
                offset += bytes;
            }

            json.WriteEndObject();
        }

        // Readers map the file: data that starts at a multiple of 8 is aligned for every type.
        while (buffer.Length % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteData(Stream stream, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor cpu = value.detach().cpu().contiguous();
        ForEachChunk(cpu, stream, static (bytes, destination) => destination.Write(bytes));
    }
}
