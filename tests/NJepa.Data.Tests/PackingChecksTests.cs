using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

/// <summary>What is checked before and after packing, and what is cleared away.</summary>
public sealed class PackingChecksTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.At("images.packed");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_killed_runs_left_is_deleted_and_what_may_be_alive_or_another_s_is_not()
    {
        string Leftover(string suffix, double hours)
        {
            string path = _folder.Write("images.packed." + suffix, [1]);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-hours));
            return path;
        }

        string dead = Leftover($"{Guid.NewGuid():N}.partial", 25);
        string locked = Leftover($"{Guid.NewGuid():N}.partial", 25);
        string[] kept =
        [
            locked,
            // On a file system without locks this one may be packing still.
            Leftover($"{Guid.NewGuid():N}.partial", 23),
            Leftover($"{Guid.NewGuid():D}.partial", 25),
            Leftover("0123.partial", 25),
            Leftover("partial", 25),
            Leftover($"{new string('g', 32)}.partial", 25),
            Leftover($"old.{Guid.NewGuid():N}.partial", 25),
        ];
        using (new FileStream(locked, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            PackedImages.Create(new MemorySource(3), Path).Dispose();
        }

        File.Exists(dead).Should().BeFalse();
        Directory.GetFiles(_folder.Path).Should().BeEquivalentTo([Path, .. kept]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Labels_without_a_class_are_refused_before_anything_is_packed(int label)
    {
        int opened = 0;
        var source = new Relabelled(new MemorySource(6) { OnOpen = _ => opened++ }, image => image == 4 ? label : -1);

        FluentActions.Invoking(() => PackedImages.Create(source, Path)).Should().Throw<ImageSourceException>().Which.Message.Should().Be(
            $"The images cannot be packed: image 4 (image 4) has the label {label}, and the source has 2 class names. " +
            "Labels must be from -1 (none) to 1; correct GetLabel or ClassNames of Relabelled.");

        opened.Should().Be(0);
        Directory.GetFiles(_folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Labels_that_change_while_packing_are_those_of_the_beginning()
    {
        int opened = 0;
        var source = new Relabelled(new MemorySource(6) { OnOpen = _ => opened++ }, image => opened > 0 ? 99 : image % 2);

        using PackedImages packed = PackedImages.Create(source, Path, new PackedImagesOptions { Threads = 1 });

        Enumerable.Range(0, 6).Select(packed.GetLabel).Should().Equal(0, 1, 0, 1, 0, 1);
    }

    [Fact]
    public void A_list_that_could_not_be_read_again_is_not_written()
    {
        // Two class names, and for each of three images 32 bytes and a name of 7.
        const int Bytes = 4 + (4 + 4) + (4 + 3) + (3 * (32 + 7));
        var source = new MemorySource(3);
        PackedListing listing = PackedListing.Of(source, maxIndexBytes: Bytes);
        BadImage[] bad = [new BadImage(0, "image 0", "bad"), new BadImage(1, "image 1", ""), new BadImage(2, "image 2", "")];
        var index = PackedIndex.Of(listing, new PackedEntry[3], bad);

        index.ToBytes(maxBytes: Bytes + 15).Should().HaveCount(Bytes + 15);
        index.Invoking(i => i.ToBytes(maxBytes: Bytes + 14)).Should().Throw<ImageSourceException>();
        FluentActions.Invoking(() => PackedListing.Of(source, maxIndexBytes: Bytes - 1)).Should().Throw<ImageSourceException>().WithMessage(
            $"The images cannot be packed into one file: the names and places of 3 of them already take {Bytes} bytes, and at most {Bytes - 1} can be read again. " +
            "Give the images shorter names, or pack parts of them (Subset) into files of their own.");
    }

    private sealed class Relabelled(IImageSource source, Func<int, int> label) : IImageSource
    {
        public int Count => source.Count;

        public IReadOnlyList<string> ClassNames => source.ClassNames;

        public string GetName(int index) => source.GetName(index);

        public int GetLabel(int index) => label(index);

        public Stream OpenRead(int index) => source.OpenRead(index);
    }
}
