using NJepa.Samples.QuickStart.Drawing;
using SkiaSharp;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class DrawnPicturesTests
{
    private static readonly DrawnPicturesOptions Small = new() { Size = 32, TrainPerClass = 3, TestPerClass = 2, Seed = 5 };

    [Fact]
    public void Defaults_draw_five_thousand_pictures_of_64_pixels()
    {
        var options = new DrawnPicturesOptions();

        options.Size.Should().Be(64);
        (options.Classes.Count * options.TrainPerClass).Should().Be(4000);
        (options.Classes.Count * options.TestPerClass).Should().Be(1000);
        options.Seed.Should().Be(0);
        options.Difficulty.Should().Be(0.5);
        options.Classes.Should().BeEquivalentTo(Enum.GetValues<PictureClass>());
    }

    [Fact]
    public void The_same_seed_writes_the_same_bytes()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();

        DrawnPictures.WriteTo(first.Path, Small).Should().Be(8 * 5);
        DrawnPictures.WriteTo(second.Path, Small);

        string[] files = RelativeFiles(first.Path);
        RelativeFiles(second.Path).Should().Equal(files);
        files.Should().OnlyContain(file => File.ReadAllBytes(first.File(file)).SequenceEqual(File.ReadAllBytes(second.File(file))));
    }

    [Fact]
    public void Another_seed_another_index_and_the_other_split_are_other_pictures()
    {
        byte[] picture = DrawnPictures.Draw(Small, PictureClass.Dots, 0, test: false);

        DrawnPictures.Draw(Small, PictureClass.Dots, 0, test: false).Should().Equal(picture);
        DrawnPictures.Draw(Small with { Seed = 6 }, PictureClass.Dots, 0, test: false).Should().NotEqual(picture);
        DrawnPictures.Draw(Small, PictureClass.Dots, 1, test: false).Should().NotEqual(picture);
        DrawnPictures.Draw(Small, PictureClass.Dots, 0, test: true).Should().NotEqual(picture);
    }

    [Fact]
    public void Files_hold_the_drawn_pixels_without_loss()
    {
        using var folder = new TemporaryFolder();
        DrawnPictures.WriteTo(folder.Path, Small);

        using SKBitmap bitmap = SKBitmap.Decode(folder.File(Path.Combine("test", "waves", "0002.png")));

        byte[] pixels = [.. bitmap.Pixels.SelectMany(pixel => (byte[])[pixel.Red, pixel.Green, pixel.Blue])];
        pixels.Should().Equal(DrawnPictures.Draw(Small, PictureClass.Waves, 1, test: true));
    }

    [Fact]
    public void A_second_run_leaves_nothing_of_the_first()
    {
        using var folder = new TemporaryFolder();
        DrawnPictures.WriteTo(folder.Path, Small);

        DrawnPictures.WriteTo(folder.Path, Small with { TrainPerClass = 1, Classes = [PictureClass.Rings] });

        RelativeFiles(folder.Path).Should().HaveCount(1 + 2);
    }

    [Fact]
    public void Files_of_someone_else_are_not_touched()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mine.txt"), "precious");

        Action write = () => DrawnPictures.WriteTo(folder.Path, Small);

        write.Should().Throw<IOException>().WithMessage(
            $"The folder '{folder.Path}' holds files that the quick start did not draw. Choose an empty folder with --output, or pass your pictures with --images.");
        Directory.EnumerateFileSystemEntries(folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void All_wrong_options_are_listed_at_once()
    {
        var options = new DrawnPicturesOptions { Size = 8, TrainPerClass = 0, TestPerClass = -1, Difficulty = double.NaN, Classes = [PictureClass.Dots, PictureClass.Dots] };

        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().WithMessage(
            "The drawn pictures cannot be drawn. Size is 8; it must be from 16 to 512 pixels. TrainPerClass is 0; it must be at least 1. "
            + "TestPerClass is -1; it must be at least 1. Difficulty is NaN; it must be from 0 to 1. "
            + "Classes is [Dots, Dots]; it must name at least one class and none twice.");
    }

    [Fact]
    public void Colours_do_not_tell_the_classes()
    {
        var options = new DrawnPicturesOptions();
        double[][] means = [.. options.Classes.Select(c => MeanColour(options, c, 100))];

        for (int channel = 0; channel < 3; channel++)
        {
            // Single pictures differ by about 17 levels, means of a hundred therefore by about 2.
            (means.Max(mean => mean[channel]) - means.Min(mean => mean[channel])).Should().BeLessThan(12);
        }
    }

    private static double[] MeanColour(DrawnPicturesOptions options, PictureClass pictureClass, int count)
    {
        var mean = new double[3];
        for (int index = 0; index < count; index++)
        {
            byte[] picture = DrawnPictures.Draw(options, pictureClass, index, test: false);
            for (int i = 0; i < picture.Length; i++)
            {
                mean[i % 3] += picture[i] / (double)(picture.Length / 3 * count);
            }
        }

        return mean;
    }

    private static string[] RelativeFiles(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.png", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order()];
}
