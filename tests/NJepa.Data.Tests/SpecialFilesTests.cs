using System.Net.Sockets;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

/// <summary>Files that are none, links, and what happens to files while they are used.</summary>
public sealed class SpecialFilesTests : IDisposable
{
    private static readonly TrainingAugmentation Small = new() { ImageSize = 8 };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Pipes_sockets_and_devices_are_bad_images_and_block_nobody(int threads)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // They have no place in a folder there.
        }

        WriteImages(40);
        foreach (string name in new[] { "05.png", "06.png", "07.png", "08.png" })
        {
            File.Delete(_folder.At(name));
        }

        SpecialFiles.MakePipe(_folder.At("05.png"));
        using Socket socket = SpecialFiles.MakeSocket(_folder.At("06.png"));
        File.CreateSymbolicLink(_folder.At("07.png"), "/dev/zero");
        File.CreateSymbolicLink(_folder.At("08.png"), "05.png");
        using var loader = new ImageLoader(ImageFolder.Open(_folder.Path), Small, new ImageLoaderOptions { BatchSize = 40, Threads = threads });

        loader.Epoch(0).Single().Indices.Should().NotContain([5, 6, 7, 8]);

        loader.BadImages.Select(bad => bad.Name).Should().Equal("05.png", "06.png", "07.png", "08.png");
        loader.BadImages.Should().OnlyContain(bad => bad.Reason == "the file is empty (or it is a pipe, a socket or a device)");
    }

    [Fact]
    public void A_pipe_does_not_block_packing_either()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        WriteImages(20);
        SpecialFiles.MakePipe(_folder.At("99.png"));

        using PackedImages packed = PackedImages.Create(ImageFolder.Open(_folder.Path), _folder.At("images.packed"));

        packed.BadImages.Single().Name.Should().Be("99.png");
    }

    [Fact]
    public void A_folder_called_as_a_picture_is_a_folder()
    {
        _folder.WriteAll(Pictures.Png(5, 5), "x.jpg/1.png", "y.jpg/2.png");

        ImageFolder source = ImageFolder.Open(_folder.Path);

        source.ClassNames.Should().Equal("x.jpg", "y.jpg");
        source.GetName(0).Should().Be("x.jpg/1.png");
    }

    [Fact]
    public void Links_that_lead_nowhere_or_in_a_circle_and_files_that_became_folders_are_bad_images()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Links need a privilege there.
        }

        WriteImages(40);
        File.CreateSymbolicLink(_folder.At("90.png"), "nowhere.png");
        File.CreateSymbolicLink(_folder.At("91.png"), "92.png");
        File.CreateSymbolicLink(_folder.At("92.png"), "91.png");
        ImageFolder source = ImageFolder.Open(_folder.Path);
        File.Delete(_folder.At("03.png"));
        Directory.CreateDirectory(_folder.At("03.png"));
        using var loader = new ImageLoader(source, Small, new ImageLoaderOptions { BatchSize = 43, Threads = 2 });

        loader.Epoch(0).Should().ContainSingle();

        loader.BadImages.Select(bad => bad.Name).Should().Equal("03.png", "90.png", "91.png", "92.png");
        loader.BadImages.Select(bad => bad.Reason).Should().SatisfyRespectively(
            folder => folder.Should().NotBeEmpty(),
            nowhere => nowhere.Should().StartWith("Could not find file"),
            circle => circle.Should().Be($"'{_folder.At("91.png")}' is a link that leads in a circle, or through more than 40 links"),
            circle => circle.Should().Contain("in a circle"));
        source.GetStamp(40).Should().Be(-1);
        source.GetStamp(41).Should().Be(-1);
    }

    [Fact]
    public void Links_lead_where_the_system_says_even_below_linked_folders()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // By the text of its path, root/cat/more would be root/side: the system goes to far/side.
        _folder.WriteAll(Pictures.Png(5, 5), "far/deep/1.png", "far/side/2.png", "root/dog/3.png");
        Directory.CreateSymbolicLink(_folder.At("root/cat"), _folder.At("far/deep"));
        Directory.CreateSymbolicLink(_folder.At("far/deep/more"), "../side");
        Directory.CreateSymbolicLink(_folder.At("far/side/back"), "../deep");
        File.CreateSymbolicLink(_folder.At("far/deep/4.png"), "../side/2.png");

        ImageFolder source = ImageFolder.Open(_folder.At("root"));

        Enumerable.Range(0, source.Count).Select(source.GetName).Should().Equal("cat/1.png", "cat/4.png", "cat/more/2.png", "dog/3.png");
        foreach (int index in Enumerable.Range(0, source.Count))
        {
            new ImageDecoder().Decode(source, index).Width.Should().Be(5);
        }
    }

    [Fact]
    public void Many_circles_end_at_once()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // Were a circle recognised only by its depth, these would be 5^32 paths.
        _folder.Write("far/a/1.png", Pictures.Png(5, 5));
        Directory.CreateDirectory(_folder.At("root"));
        Directory.CreateSymbolicLink(_folder.At("root/cat"), "../far/a");
        foreach (int i in Enumerable.Range(0, 5))
        {
            Directory.CreateSymbolicLink(_folder.At($"far/a/back{i}"), "../a");
        }

        ImageFolder.Open(_folder.At("root")).Count.Should().Be(1);
    }

    [Fact]
    public void A_linked_file_has_the_stamp_of_the_file()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string file = _folder.Write("file.png", Pictures.Png(5, 5));
        Directory.CreateDirectory(_folder.At("root"));
        File.CreateSymbolicLink(_folder.At("root/1.png"), "../file.png");
        ImageFolder source = ImageFolder.Open(_folder.At("root"));
        long before = source.GetStamp(0);

        File.WriteAllBytes(file, Pictures.Png(6, 6));

        source.GetStamp(0).Should().NotBe(before).And.NotBe(-1);
    }

    [Fact]
    public void A_file_without_permission_is_a_bad_image()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            return; // Permissions do not bind the superuser; see Vanished_and_forbidden_files_are_bad_images for a source that refuses.
        }

        WriteImages(20);
        File.SetUnixFileMode(_folder.At("04.png"), UnixFileMode.None);
        using var loader = new ImageLoader(ImageFolder.Open(_folder.Path), Small, new ImageLoaderOptions { BatchSize = 20, Threads = 2 });

        loader.Epoch(0).Should().ContainSingle();

        loader.BadImages.Single().Reason.Should().Be($"Access to the path '{_folder.At("04.png")}' is denied");
    }

    [Fact]
    public void Files_that_vanish_while_they_are_used_are_replaced_from_then_on()
    {
        WriteImages(40);
        using var loader = new ImageLoader(ImageFolder.Open(_folder.Path), Small, new ImageLoaderOptions { BatchSize = 40, Threads = 2, Prefetch = 1 });
        loader.Epoch(0).Single().Indices.Should().BeEquivalentTo(Enumerable.Range(0, 40));

        File.Delete(_folder.At("11.png"));
        File.WriteAllBytes(_folder.At("12.png"), []);

        loader.Epoch(1).Single().Indices.Should().NotContain([11, 12]);
        loader.BadImages.Select(bad => bad.Index).Should().Equal(11, 12);
    }

    private void WriteImages(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _folder.Write($"{i:00}.png", Pictures.Png(10, 10, i));
        }
    }
}
