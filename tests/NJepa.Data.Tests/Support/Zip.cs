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
}
