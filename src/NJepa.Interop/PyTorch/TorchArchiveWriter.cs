using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Writes the zip archive of a checkpoint: <c>archive/data.pkl</c>, the storages, the format's version and the order of bytes; all stored uncompressed.</summary>
internal static class TorchArchiveWriter
{
    private const string Prefix = "archive/";
    private const int MaxBytesPerCall = 1 << 30;

    public static void Write(string path, IReadOnlyDictionary<string, object> content)
    {
        (byte[] pickle, IReadOnlyList<Tensor> storages) = PickleWriter.Write(content);
        FileReplacement.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(archive, "data.pkl", entry => entry.Write(pickle));
            Add(archive, "byteorder", entry => entry.Write("little"u8));
            for (int i = 0; i < storages.Count; i++)
            {
                Tensor tensor = storages[i];
                Add(archive, FormattableString.Invariant($"data/{i}"), entry => WriteValues(entry, tensor));
            }

            Add(archive, "version", entry => entry.Write("3\n"u8));
        });
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        using Stream entry = archive.CreateEntry(Prefix + name, CompressionLevel.NoCompression).Open();
        write(entry);
    }

    private static void WriteValues(Stream entry, Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().cpu().contiguous().view(-1);
        long perChunk = MaxBytesPerCall / flat.ElementSize;
        for (long start = 0; start < flat.NumberOfElements; start += perChunk)
        {
            using Tensor chunk = flat.narrow(0, start, Math.Min(perChunk, flat.NumberOfElements - start));
            entry.Write(chunk.bytes);
        }
    }
}
