using System.Buffers.Binary;
using System.IO.Compression;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void A_zip_of_a_folder_gives_the_same_list_and_bytes_as_the_folder(CompressionLevel level)
    {
        var random = new Random(1);
        foreach (string name in new[] { "train/cat/1.jpg", "train/a b/ü.png", "train/a/x.png", "val/Cat/1.JPG", "val/cat/.hidden.jpg", "notes.txt" })
        {
            byte[] content = new byte[random.Next(1, 5000)];
            random.NextBytes(content.AsSpan(0, content.Length / 2));
            _folder.Write("data/" + name, content);
        }

        ZipFile.CreateFromDirectory(_folder.At("data"), _folder.At("data.zip"), level, includeBaseDirectory: false);
        foreach (string? split in new[] { null, "train", "val" })
        {
            IImageSource folder = ImageSource.Open(_folder.At("data"), split);
            IImageSource zip = ImageSource.Open(_folder.At("data.zip"), split);
            using var archive = (ImageArchive)zip;

            zip.Count.Should().Be(folder.Count).And.BePositive();
            zip.ClassNames.Should().Equal(folder.ClassNames);
            zip.ComputeFingerprint().Should().Be(folder.ComputeFingerprint());
            for (int i = 0; i < folder.Count; i++)
            {
                zip.GetName(i).Should().Be(folder.GetName(i));
                zip.GetLabel(i).Should().Be(folder.GetLabel(i));
                Bytes(zip, i).Should().Equal(Bytes(folder, i));
            }
        }
    }

    [Fact]
    public void Threads_read_at_the_same_time()
    {
        (string, byte[])[] entries = [.. Enumerable.Range(0, 50).Select(i => ($"c/{i:00}.png", Enumerable.Repeat((byte)i, 20_000 + i).ToArray()))];
        using ImageArchive archive = Open(Zip.Of(CompressionLevel.Fastest, entries));

        Parallel.For(0, 400, i =>
        {
            byte[] bytes = Bytes(archive, i % 50);
            bytes.Should().HaveCount(20_000 + (i % 50));
            bytes.Distinct().Should().Equal((byte)(i % 50));
        });
    }

    [Fact]
    public void Backslashes_in_names_are_separators_and_later_entries_replace_earlier_ones()
    {
        using ImageArchive archive = Open(Zip.Of(("cat\\1.jpg", [1]), ("cat/1.jpg", [2])));

        archive.Count.Should().Be(1);
        archive.GetName(0).Should().Be("cat/1.jpg");
        Bytes(archive, 0).Should().Equal(2);
    }

    [Theory]
    [InlineData("../1.jpg")]
    [InlineData("a/../../1.jpg")]
    [InlineData("/etc/1.jpg")]
    [InlineData("..\\1.jpg")]
    [InlineData("C:\\1.jpg")]
    [InlineData("../readme.txt")]
    public void Unsafe_names_are_refused(string name)
    {
        FluentActions.Invoking(() => Open(Zip.Of(("ok/1.jpg", [1]), (name, [1])))).Should().Throw<ImageSourceException>()
            .WithMessage($"*holds an entry with the unsafe name '{name.Replace('\\', '/')}'. Names must be relative and free of '..'; make the archive again.");
    }

    [Fact]
    public void A_file_that_is_no_zip_is_refused()
    {
        string path = _folder.Write("a.zip", "This is not a zip archive, whatever its name says."u8.ToArray());

        FluentActions.Invoking(() => ImageSource.Open(path)).Should().Throw<ImageSourceException>().WithMessage(
            $"'{path}' cannot be read as a zip archive: it has no end-of-directory record, so it is not a zip archive or was cut off. Make the archive again, or pass a folder of images.");
        FluentActions.Invoking(() => Open([])).Should().Throw<ImageSourceException>();
    }

    [Fact]
    public void A_truncated_zip_is_refused()
    {
        byte[] zip = Zip.Of(("cat/1.jpg", new byte[1000]));

        FluentActions.Invoking(() => Open(zip[..^30])).Should().Throw<ImageSourceException>().WithMessage("*or was cut off*");
    }

    [Fact]
    public void A_zip_without_images_is_refused()
    {
        FluentActions.Invoking(() => Open(Zip.Of(("readme.txt", [1])))).Should().Throw<ImageSourceException>().WithMessage("*holds no images*");
    }

    [Fact]
    public void A_missing_file_or_a_folder_is_refused()
    {
        string path = _folder.At("nowhere.zip");
        FluentActions.Invoking(() => ImageArchive.Open(path)).Should().Throw<ImageSourceException>().WithMessage($"The image archive '{path}' does not exist. Check the path.");
        FluentActions.Invoking(() => ImageArchive.Open(_folder.Path)).Should().Throw<ImageSourceException>()
            .WithMessage($"The image archive '{_folder.Path}' does not exist. It is a folder; open it with ImageFolder.Open or ImageSource.Open.");
    }

    [Fact]
    public void Encrypted_and_exotic_entries_are_bad_images()
    {
        byte[] zip = Zip.Of(("a.jpg", [1]), ("b.jpg", [1]));
        int[] entries = [.. Enumerable.Range(0, zip.Length - 4).Where(i => BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(i)) == 0x02014B50)];
        zip[entries[0] + 8] |= 1;
        zip[entries[1] + 10] = 14;
        using ImageArchive archive = Open(zip);

        archive.Invoking(a => a.OpenRead(0)).Should().Throw<InvalidDataException>().WithMessage("it is encrypted in the archive; make the archive again without a password");
        archive.Invoking(a => a.OpenRead(1)).Should().Throw<InvalidDataException>()
            .WithMessage("it is compressed in the archive by method 14; only stored (0) and deflated (8) entries are read");
    }

    [Fact]
    public void A_disposed_archive_says_so()
    {
        ImageArchive archive = Open(Zip.Of(("a.jpg", [1])));

        archive.Dispose();

        archive.Invoking(a => a.OpenRead(0)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_bomb_is_read_only_up_to_the_limit()
    {
        using ImageArchive archive = Open(Zip.Of(CompressionLevel.Optimal, ("a.jpg", new byte[20_000_000])));
        var decoder = new ImageDecoder(new ImageDecodingOptions { MaxFileBytes = 1_000_000 });

        decoder.Invoking(d => d.Decode(archive, 0)).Should().Throw<ImageDecodingException>()
            .WithMessage("The image 'a.jpg' cannot be decoded: it is longer than MaxFileBytes = 1000000 bytes.");
    }

    [Fact]
    public void Damaged_archives_never_cause_anything_but_the_documented_exceptions()
    {
        byte[] good = Zip.Of(CompressionLevel.Optimal, ("train/cat/1.png", Pictures.Png(20, 20)), ("val/dog/2.png", Pictures.Png(30, 10)));
        var random = new Random(5);
        var decoder = new ImageDecoder();
        int opened = 0;
        for (int trial = 0; trial < 500; trial++)
        {
            byte[] bad = [.. good];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                // Mostly in the directory at the end.
                int place = random.Next(2) == 0 ? random.Next(bad.Length) : bad.Length - 1 - random.Next(Math.Min(200, bad.Length));
                bad[place] = random.Next(3) switch { 0 => 0xFF, 1 => 0, _ => (byte)random.Next(256) };
            }

            bad = random.Next(4) == 0 ? bad[..random.Next(bad.Length)] : bad;
            try
            {
                using ImageArchive archive = Open(bad);
                opened++;
                for (int i = 0; i < archive.Count; i++)
                {
                    decoder.Decode(archive, i);
                }
            }
            catch (Exception e) when (e is ImageSourceException or ImageDecodingException or InvalidDataException)
            {
            }
        }

        opened.Should().BePositive();
    }

    [Fact]
    public void An_archive_with_64_bit_fields_is_read()
    {
        byte[] content = Pictures.Png(5, 6);
        using ImageArchive archive = Open(Zip.Extended("cat/1.png", content));

        archive.GetName(0).Should().Be("cat/1.png");
        Bytes(archive, 0).Should().Equal(content);
    }

    private ImageArchive Open(byte[] zip) => ImageArchive.Open(_folder.Write("test.zip", zip));

    private static byte[] Bytes(IImageSource source, int index)
    {
        using Stream stream = source.OpenRead(index);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
