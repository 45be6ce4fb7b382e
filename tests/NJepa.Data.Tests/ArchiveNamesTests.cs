using System.Text;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

/// <summary>Whatever the entries of an archive are called, nothing but the archive is ever opened, and messages stay readable.</summary>
public sealed class ArchiveNamesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ArchiveNamesTests() => Directory.CreateDirectory(_folder.At("deep/er"));

    private string Path => _folder.At("deep/er/a.zip");

    public void Dispose()
    {
        Directory.GetFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).Should().BeSubsetOf([_folder.At("deep"), _folder.At("deep/er"), Path]);
        _folder.Dispose();
    }

    [Theory]
    [InlineData("../../x.jpg", "../../x.jpg")]
    [InlineData("a/..", "a/..")]
    [InlineData("..", "..")]
    [InlineData("/dev/zero.jpg", "/dev/zero.jpg")]
    [InlineData("\\\\server\\share\\x.jpg", "//server/share/x.jpg")]
    [InlineData("a\\..\\..\\x.jpg", "a/../../x.jpg")]
    [InlineData("c:x.jpg", "c:x.jpg")]
    [InlineData("x.jpg\0.png", "x.jpg\\u0000.png")]
    [InlineData("../\u001b[2J\r\n\u202Ex.jpg", "../\\u001B[2J\\u000D\\u000A\\u202Ex.jpg")]
    public void Unsafe_names_are_refused_and_shown_on_one_line(string name, string shown)
    {
        FluentActions.Invoking(() => Open((name, Pictures.Png(2, 2)))).Should().Throw<ImageSourceException>().Which.Message.Should().Be(
            $"The archive '{Path}' holds an entry with the unsafe name '{shown}'. Names must be relative and free of '..'; make the archive again.");
    }

    [Theory]
    [InlineData("a/x..jpg")]
    [InlineData("a\n\u001b[31m/x.jpg")]
    [InlineData("aux/con.jpg")]
    [InlineData("a*?<>|/x.jpg")]
    [InlineData("~/$HOME/`x`.jpg")]
    public void Odd_names_are_names(string name)
    {
        using ImageArchive archive = Open((name, Pictures.Png(2, 2)), ("b/bad.jpg", []));
        int index = Enumerable.Range(0, 2).Single(i => archive.GetName(i) == name);

        new ImageDecoder().Decode(archive, index).Width.Should().Be(2);
    }

    [Fact]
    public void A_name_of_the_longest_kind_is_a_name_and_is_shortened_in_messages()
    {
        string name = new string('n', 65_531) + ".jpg";
        using ImageArchive archive = Open((name, Encoding.ASCII.GetBytes("text")));

        archive.GetName(0).Should().Be(name);
        FluentActions.Invoking(() => new ImageDecoder().Decode(archive, 0)).Should().Throw<ImageDecodingException>().Which.Message.Length.Should().BeLessThan(500);
        FluentActions.Invoking(() => Open(("../" + name[3..], [1]))).Should().Throw<ImageSourceException>().Which.Message.Should()
            .Contain($"'../{new string('n', 197)}...'");
    }

    [Fact]
    public void Names_of_many_segments_take_no_more_memory_than_others()
    {
        (string, byte[])[] entries = [.. Enumerable.Range(0, 100).Select(i => (string.Concat(Enumerable.Repeat("a/", 32_000)) + $"{i:000}.jpg", new byte[] { 1 }))];
        File.WriteAllBytes(Path, Zip.Of(entries));
        long before = GC.GetAllocatedBytesForCurrentThread();

        using ImageArchive archive = ImageArchive.Open(Path);

        // The directory's bytes, the names with and without backslashes, and their parts; 3.2 million segments alone would take 100 MB.
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(60_000_000);
        archive.ClassNames.Should().Equal("a");
        archive.Count.Should().Be(100);
    }

    [Fact]
    public void Of_entries_of_one_name_the_last_is_taken_and_hundreds_do_no_harm()
    {
        using ImageArchive archive = Open([.. Enumerable.Range(1, 300).Select(i => ("a/x.png", Pictures.Png(i, 1)))]);

        archive.Count.Should().Be(1);
        new ImageDecoder().Decode(archive, 0).Width.Should().Be(300);
    }

    private ImageArchive Open(params (string, byte[])[] entries)
    {
        File.WriteAllBytes(Path, Zip.Of(entries));
        return ImageArchive.Open(Path);
    }
}
