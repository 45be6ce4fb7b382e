using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>
/// A checkpoint that PyTorch's <c>torch.save</c> wrote (1.6 or later: a zip archive): state dicts, nested dictionaries of them, with whatever numbers and texts stand beside the tensors. Nothing
/// in the file is executed: the pickle is read by an interpreter that builds tensors and plain containers and knows nothing else; a file that asks for more is refused, with the name that it
/// asked for.
/// </summary>
public sealed class PyTorchFile : TensorFile
{
    private const int MaxDirectoryBytes = 16 << 20;
    private const long MaxExpandedBytes = 16 << 20;
    private const int MaxBytesPerCall = 1 << 30;
    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, PickleTensor> _tensors;
    private readonly TorchArchive _archive;

    private PyTorchFile(SafeFileHandle file, string path, TorchArchive archive, IReadOnlyList<(string Name, PickleTensor Tensor)> tensors, IReadOnlyDictionary<string, string> values)
        : base(path, [.. tensors.Select(tensor => new TensorEntry(tensor.Name, tensor.Tensor.Type, tensor.Tensor.Shape))], values)
    {
        _file = file;
        _archive = archive;
        _tensors = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Tensor, StringComparer.Ordinal);
    }

    /// <summary>Opens a checkpoint and reads the list of what it holds. Nested dictionaries give names joined by dots: <c>target_encoder.module.norm.weight</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">It is damaged, compressed, of the old format, a TorchScript program, or refers to something that is neither a tensor nor a plain container.</exception>
    public static new PyTorchFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        }

        // Opening a pipe waits for whoever writes to it, which may be for ever; pipes, sockets and devices all have the length 0.
        if (new FileInfo(path).Length == 0)
        {
            throw new WeightsException($"{path} is empty (or it is a pipe, a socket or a device). Give a weights file; if it was being written, write it again.");
        }

        SafeFileHandle file = File.OpenHandle(path);
        try
        {
            var archive = TorchArchive.Read(ZipDirectory.Read(file, MaxDirectoryBytes), file);
            CheckpointContents contents = CheckpointContents.Of(Unpickler.Load(archive.ReadPickle(Unpickler.MaxBytes)));
            long expanded = 0;
            foreach ((string name, PickleTensor tensor) in contents.Tensors)
            {
                expanded += Check(name, tensor, archive);
                if (expanded > MaxExpandedBytes)
                {
                    throw new PickleException($"its tensors repeat stored numbers to more than {MaxExpandedBytes} bytes in all, at '{name}'; save .clone() of expanded tensors");
                }
            }

            return new PyTorchFile(file, path, archive, contents.Tensors, contents.Values);
        }
        catch (Exception exception) when (exception is PickleException or InvalidDataException)
        {
            file.Dispose();
            throw new WeightsException($"{path} is not a usable PyTorch checkpoint: {exception.Message}.", exception);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes a checkpoint as <c>torch.save</c> does, for <c>torch.load</c> (also with <c>weights_only=True</c>). It is written beside the destination, flushed to disk and renamed.
    /// </summary>
    /// <param name="path">The destination; an existing file is replaced.</param>
    /// <param name="content">Tensors, texts, integers, floats, booleans, and dictionaries of them (<c>IReadOnlyDictionary&lt;string, object&gt;</c>), by name.</param>
    /// <exception cref="ArgumentException">A value is of another kind, or a tensor's type has no counterpart.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, object> content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        TorchArchiveWriter.Write(path, content);
    }

    internal override long ByteLength => RandomAccess.GetLength(_file);

    internal override void ReadInto(TensorEntry entry, Tensor cpuTensor)
    {
        PickleTensor tensor = _tensors[entry.Name];
        if (IsContiguous(tensor))
        {
            Fill(cpuTensor, entry.Name, _archive.Find(tensor.Storage.Key).Start + (tensor.Offset * cpuTensor.ElementSize));
            return;
        }

        base.ReadInto(entry, cpuTensor);
    }

    private protected override Tensor ReadEntry(TensorEntry entry)
    {
        PickleTensor tensor = _tensors[entry.Name];
        using DisposeScope scope = NewDisposeScope();
        try
        {
            if (IsContiguous(tensor))
            {
                Tensor direct = empty(tensor.Shape, dtype: tensor.Type);
                ReadInto(entry, direct);
                return direct.MoveToOuterDisposeScope();
            }

            // Of the storage only the part that the tensor sees.
            Tensor seen = empty([Extent(tensor)], dtype: tensor.Type);
            Fill(seen, entry.Name, _archive.Find(tensor.Storage.Key).Start + (tensor.Offset * seen.ElementSize));
            return seen.as_strided(tensor.Shape, tensor.Strides).contiguous().MoveToOuterDisposeScope();
        }
        catch (ExternalException exception)
        {
            throw new InsufficientMemoryException($"There is no memory for the tensor '{entry.Name}' [{string.Join(",", entry.Shape)}] of {Path}: {exception.Message.Split('\n')[0]}", exception);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _file.Dispose();

    private void Fill(Tensor contiguousCpu, string name, long offset)
    {
        long count = contiguousCpu.NumberOfElements, perChunk = MaxBytesPerCall / contiguousCpu.ElementSize;
        for (long start = 0; start < count; start += perChunk)
        {
            using Tensor flat = contiguousCpu.view(-1);
            using Tensor chunk = flat.narrow(0, start, Math.Min(perChunk, count - start));
            Span<byte> bytes = chunk.bytes;
            for (int done = 0, read; done < bytes.Length; done += read)
            {
                read = RandomAccess.Read(_file, bytes[done..], offset + (start * contiguousCpu.ElementSize) + done);
                if (read == 0)
                {
                    throw new WeightsException($"{Path} ended while tensor '{name}' was read; it was cut off after it was opened.");
                }
            }
        }
    }

    // The place of a tensor in its storage is checked on opening: nothing that is read later leads out of the file, and nothing is made much larger than the file is.
    // Returns how many bytes a tensor that repeats numbers will have.
    private static long Check(string name, PickleTensor tensor, TorchArchive archive)
    {
        long size = TorchElement.Of(tensor.Type).Bytes;
        (_, long length) = archive.Find(tensor.Storage.Key);
        try
        {
            long count = 1, extent, bounds = size;
            foreach (long side in tensor.Shape)
            {
                // An empty tensor must not have sides that overflow either.
                bounds = checked(bounds * Math.Max(side, 1));
                count = checked(count * side);
            }

            extent = count == 0 ? 0 : Extent(tensor);
            long end = checked((tensor.Offset + extent) * size);
            long storageLength = checked(tensor.Storage.Count * TorchElement.Of(tensor.Storage.Type).Bytes);
            if (end > length || (count > 0 && end > storageLength))
            {
                throw new PickleException($"the tensor '{name}' [{string.Join(",", tensor.Shape)}] reaches to byte {end} of a storage of {Math.Min(length, storageLength)}");
            }

            long bytes = count > extent ? checked(count * size) : 0;
            return bytes <= MaxExpandedBytes
                ? bytes
                : throw new PickleException($"the tensor '{name}' [{string.Join(",", tensor.Shape)}] repeats {extent} stored numbers {count} times; expanded tensors of more than {MaxExpandedBytes} bytes are not read. Save a .clone() of it");
        }
        catch (OverflowException)
        {
            throw new PickleException($"the tensor '{name}' claims sides [{string.Join(",", tensor.Shape)}] and strides [{string.Join(",", tensor.Strides)}], which no file can hold");
        }
    }

    private static long Extent(PickleTensor tensor)
    {
        long last = 0;
        for (int i = 0; i < tensor.Shape.Length; i++)
        {
            last = tensor.Shape[i] == 0 ? 0 : checked(last + checked((tensor.Shape[i] - 1) * tensor.Strides[i]));
        }

        return checked(last + 1);
    }

    private static bool IsContiguous(PickleTensor tensor)
    {
        long stride = 1;
        for (int i = tensor.Shape.Length - 1; i >= 0; i--)
        {
            if (tensor.Shape[i] == 0)
            {
                return true;
            }

            if (tensor.Shape[i] != 1 && tensor.Strides[i] != stride)
            {
                return false;
            }

            stride *= tensor.Shape[i];
        }

        return true;
    }
}
