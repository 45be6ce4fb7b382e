using System.IO.Compression;

namespace NJepa.Data.Tests.Support;

/// <summary>Writes zip archives.</summary>
public static class Zip
{
    public static byte[] Of(params (string Name, byte[] Content)[] entries) => Of(CompressionLevel.NoCompression, entries);

    public static byte[] Of(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return file.ToArray();
    }

    /// <summary>A zip64 archive as a writer makes it that does not know sizes beforehand: fields saturated, values in the extra field and in
    /// the 64-bit end records.</summary>
    public static byte[] Extended(string name, byte[] content)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(0x04034B50);
        writer.Write([45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(content.Length);
        writer.Write(content.Length);
        writer.Write((short)name.Length);
        writer.Write((short)0);
        writer.Write(name.ToCharArray());
        writer.Write(content);
        long directory = file.Position;
        writer.Write(0x02014B50);
        writer.Write([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((short)name.Length);
        writer.Write((short)28);
        writer.Write(new byte[10]);
        writer.Write(uint.MaxValue);
        writer.Write(name.ToCharArray());
        writer.Write((short)1);
        writer.Write((short)24);
        writer.Write((long)content.Length);
        writer.Write((long)content.Length);
        writer.Write(0L);
        long end = file.Position;
        writer.Write(0x06064B50);
        writer.Write(44L);
        writer.Write(new byte[12]);
        writer.Write(1L);
        writer.Write(1L);
        writer.Write(end - directory);
        writer.Write(directory);
        writer.Write(0x07064B50);
        writer.Write(0);
        writer.Write(end);
        writer.Write(1);
        writer.Write(0x06054B50);
        writer.Write(0);
        writer.Write(ushort.MaxValue);
        writer.Write(ushort.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((short)0);
        return file.ToArray();
    }
}
