using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Class_is_the_first_folder_and_order_is_ordinal()
    {
        _folder.WriteAll([1], "dog/b.jpg", "dog/a.PNG", "cat/deep/er/z.webp", "cat/1.jpeg", "Zebra/x.bmp");

        ImageFolder images = ImageFolder.Open(_folder.Path);

        Names(images).Should().Equal("Zebra/x.bmp", "cat/1.jpeg", "cat/deep/er/z.webp", "dog/a.PNG", "dog/b.jpg");
        images.ClassNames.Should().Equal("Zebra", "cat", "dog");
        Labels(images).Should().Equal(0, 1, 1, 2, 2);
        images.ToString().Should().Be($"{_folder.Path}: 5 images, 3 classes");
    }

    [Fact]
    public void Hidden_files_and_other_files_are_passed_over()
    {
        _folder.WriteAll([1], "cat/1.jpg", "cat/.2.jpg", ".cache/3.jpg", "__MACOSX/cat/4.jpg", "cat/Thumbs.db", "cat/notes.txt", "cat/5.jpg.part", "cat/jpg", "cat/.jpg");

        Names(ImageFolder.Open(_folder.Path)).Should().Equal("cat/1.jpg");
    }

    [Fact]
    public void Images_in_the_root_have_no_label()
    {
        _folder.WriteAll([1], "b.jpg", "a.jpg");

        ImageFolder images = ImageFolder.Open(_folder.Path);

        Names(images).Should().Equal("a.jpg", "b.jpg");
        images.ClassNames.Should().BeEmpty();
        Labels(images).Should().Equal(-1, -1);
    }

    [Fact]
    public void Split_folders_stand_above_classes()
    {
        _folder.WriteAll([1], "Train/cat/1.jpg", "Train/dog/2.jpg", "val/dog/3.jpg", "test/4.jpg");
        _folder.Write("README.md", [1]);

        Names(ImageFolder.Open(_folder.Path)).Should().Equal("Train/cat/1.jpg", "Train/dog/2.jpg", "test/4.jpg", "val/dog/3.jpg");
        ImageFolder all = ImageFolder.Open(_folder.Path);
        all.ClassNames.Should().Equal("cat", "dog");
        Labels(all).Should().Equal(0, 1, -1, 1);
        Names(ImageFolder.Open(_folder.Path, "train")).Should().Equal("Train/cat/1.jpg", "Train/dog/2.jpg");
    }

    [Fact]
    public void Labels_mean_the_same_class_in_every_split()
    {
        _folder.WriteAll([1], "train/cat/1.jpg", "train/dog/2.jpg", "val/dog/3.jpg");

        ImageFolder validation = ImageFolder.Open(_folder.Path, "val");

        validation.ClassNames.Should().Equal("cat", "dog");
        Labels(validation).Should().Equal(1);
    }

    [Theory]
    [InlineData("validation")]
    [InlineData("valid")]
    [InlineData("VAL")]
    public void Names_of_the_validation_split_stand_for_each_other(string name)
    {
        _folder.WriteAll([1], "train/cat/1.jpg", "valid/cat/2.jpg");

        Names(ImageFolder.Open(_folder.Path, name)).Should().Equal("valid/cat/2.jpg");
    }

    [Fact]
    public void A_class_among_splits_makes_all_of_them_classes()
    {
        _folder.WriteAll([1], "train/cat/1.jpg", "test/2.jpg", "dog/3.jpg");

        ImageFolder.Open(_folder.Path).ClassNames.Should().Equal("dog", "test", "train");
    }

    [Fact]
    public void A_folder_that_wraps_all_others_is_looked_through()
    {
        _folder.WriteAll([1], "photos/train/cat/1.jpg", "photos/val/dog/2.jpg");

        ImageFolder validation = ImageFolder.Open(_folder.Path, "val");

        Names(validation).Should().Equal("photos/val/dog/2.jpg");
        validation.ClassNames.Should().Equal("cat", "dog");
    }

    [Fact]
    public void A_single_class_is_not_taken_for_a_wrapper()
    {
        _folder.WriteAll([1], "cat/1.jpg", "cat/more/2.jpg");

        ImageFolder.Open(_folder.Path).ClassNames.Should().Equal("cat");
    }

    [Fact]
    public void An_image_can_be_read()
    {
        _folder.Write("cat/1.jpg", [1, 2, 3]);
        using Stream stream = ImageFolder.Open(_folder.Path).OpenRead(0);
        using var copy = new MemoryStream();

        stream.CopyTo(copy);

        copy.ToArray().Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Folders_that_all_link_to_each_other_are_refused_at_once()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Links need a privilege there.
        }

        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"f{i}")];
        foreach (string name in names)
        {
            Directory.CreateDirectory(_folder.At(name));
            foreach (string other in names.Where(other => other != name))
            {
                Directory.CreateSymbolicLink(Path.Combine(_folder.At(name), $"to-{other}"), _folder.At(other));
            }
        }

        FluentActions.Invoking(() => ImageFolder.Open(_folder.Path)).Should().Throw<ImageSourceException>().WithMessage("*links lead to '*' in more than 64 ways*take away links between the folders*");
    }

    [Fact]
    public void Linked_folders_are_followed_but_not_in_circles()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Links need a privilege there.
        }

        using var other = new TempFolder();
        other.Write("1.jpg", [1]);
        Directory.CreateSymbolicLink(_folder.At("cat"), other.Path);
        Directory.CreateSymbolicLink(other.At("back"), _folder.Path);

        Names(ImageFolder.Open(_folder.Path)).Should().Equal("cat/1.jpg");
    }

    [Fact]
    public void An_empty_folder_is_refused()
    {
        FluentActions.Invoking(() => ImageFolder.Open(_folder.Path)).Should().Throw<ImageSourceException>()
            .WithMessage($"'{_folder.Path}' holds no images. Files ending in .jpg, .jpeg, .png, .webp or .bmp were looked for, in it and below it.");
    }

    [Fact]
    public void A_folder_without_images_is_refused()
    {
        _folder.WriteAll([1], "cat/notes.txt");

        FluentActions.Invoking(() => ImageSource.Open(_folder.Path)).Should().Throw<ImageSourceException>().WithMessage("*holds no images*");
    }

    [Fact]
    public void A_missing_path_is_refused()
    {
        string path = _folder.At("nowhere");

        FluentActions.Invoking(() => ImageFolder.Open(path)).Should().Throw<ImageSourceException>()
            .WithMessage($"The image folder '{path}' does not exist. Check the path.");
        FluentActions.Invoking(() => ImageSource.Open(path)).Should().Throw<ImageSourceException>()
            .WithMessage($"There is no folder or zip file '{path}'. Check the path (it was looked for at '{path}').");
        FluentActions.Invoking(() => ImageFolder.Open("")).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        string path = _folder.Write("a.zip", [1]);

        FluentActions.Invoking(() => ImageFolder.Open(path)).Should().Throw<ImageSourceException>()
            .WithMessage($"The image folder '{path}' does not exist. It is a file; a zip archive is opened with ImageArchive.Open or ImageSource.Open.");
    }

    [Fact]
    public void An_unknown_split_is_refused_with_the_known_ones()
    {
        _folder.WriteAll([1], "train/cat/1.jpg", "val/cat/2.jpg");

        FluentActions.Invoking(() => ImageFolder.Open(_folder.Path, "test")).Should().Throw<ImageSourceException>()
            .WithMessage($"Split 'test' is not in '{_folder.Path}', which has train, val. Use one of these, or leave the split out to read all images.");
    }

    [Fact]
    public void A_split_of_a_folder_without_splits_is_refused()
    {
        _folder.WriteAll([1], "cat/1.jpg");

        FluentActions.Invoking(() => ImageFolder.Open(_folder.Path, "train")).Should().Throw<ImageSourceException>()
            .WithMessage($"Split 'train' was asked for, but '{_folder.Path}' has no split folders: its top level would have to consist of folders named " +
                "train, val, valid, validation, test alone. Leave the split out to read all images.");
    }

    private static string[] Names(ImageFolder source) => [.. Enumerable.Range(0, source.Count).Select(source.GetName)];

    private static int[] Labels(ImageFolder source) => [.. Enumerable.Range(0, source.Count).Select(source.GetLabel)];
}
