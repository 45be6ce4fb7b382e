using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace NJepa.Interop.Tests.Hostile;

/// <summary>Pickles written instruction by instruction, and archives around them: what an attacker would send.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> _bytes = [];

    public PickleBuilder() => Raw(0x80, 2);

    public byte[] Done() => [.. _bytes.ToArray(), (byte)'.'];

    public PickleBuilder Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Op(string instructions) => Raw(Encoding.ASCII.GetBytes(instructions));

    public PickleBuilder Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleBuilder Text(string text) => Op("X").Raw(BitConverter.GetBytes(text.Length)).Op(text);

    public PickleBuilder Integer(long value) => Raw(0x8A, 8).Raw(BitConverter.GetBytes(value));

    public PickleBuilder Numbers(params long[] values)
    {
        Op("(");
        foreach (long value in values)
        {
            Integer(value);
        }

        return Op("t");
    }

    /// <summary>A tensor on storage 0.</summary>
    public PickleBuilder Tensor(long offset, long[] shape, long[] strides, long count = 4, string key = "0", string storage = "FloatStorage") =>
        Global("torch._utils", "_rebuild_tensor_v2").Op("((").Text("storage").Global("torch", storage).Text(key).Text("cpu").Integer(count).Op("tQ")
            .Integer(offset).Numbers(shape).Numbers(strides).Raw(0x89).Global("collections", "OrderedDict").Op(")RtR");

    /// <summary>An archive as PyTorch writes them, with one storage of 16 bytes.</summary>
    public static void Archive(string path, byte[] pickle, Action<ZipArchive>? more = null, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        using FileStream stream = File.Create(path);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        Add(archive, "archive/data.pkl", pickle, compression);
        Add(archive, "archive/data/0", new byte[16], compression);
        more?.Invoke(archive);
    }

    public static void Add(ZipArchive archive, string name, byte[] bytes, CompressionLevel compression = CompressionLevel.NoCompression)
    {
        using Stream entry = archive.CreateEntry(name, compression).Open();
        entry.Write(bytes);
    }

    public static byte[] LittleEndian(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
