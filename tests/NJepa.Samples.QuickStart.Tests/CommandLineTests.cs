using NJepa.Samples.QuickStart.Options;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Without_arguments_the_defaults_hold_and_are_valid()
    {
        QuickStartOptions options = CommandLine.Parse([], out string? error);

        error.Should().BeNull();
        options.Should().Be(new QuickStartOptions());
    }

    [Fact]
    public void The_help_names_every_default()
    {
        var options = new QuickStartOptions();

        CommandLine.Help.Should().ContainAll(
            $"[default: {options.Output}]",
            $"1 to 100000 [default: {options.Epochs}]",
            $"16 to 1024 [default: {options.ImageSize}]",
            $"divides the image size [default: {options.PatchSize}]",
            $"[default: {options.Model}]",
            $"[default: {options.Device}]",
            $"[default: {options.Seed}]");
    }

    [Fact]
    public void Every_option_is_read_in_both_spellings()
    {
        string images = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        QuickStartOptions options = CommandLine.Parse(
            ["--images", images, "--output=out=1", "--epochs", "3", "--image-size=96", "--patch-size", "12", "--model=Tiny", "--device", "cpu", "--precision=BFloat16", "--seed=18446744073709551615"],
            out string? error);

        error.Should().BeNull();
        options.Should().Be(new QuickStartOptions
        {
            Images = images, Output = "out=1", Epochs = 3, ImageSize = 96, PatchSize = 12, Model = "tiny", Device = "cpu", Precision = "bfloat16", Seed = ulong.MaxValue,
        });
    }

    [Theory]
    [InlineData("--epoch 3", "'--epoch' is no option of this program (the nearest is --epochs)")]
    [InlineData("photos", "'photos' is no option of this program")]
    [InlineData("--epochs", "--epochs has no value; write '--epochs 1'")]
    [InlineData("--seed=", "--seed has no value; write '--seed 1'")]
    [InlineData("--epochs --device cpu", "--epochs has no value; write '--epochs 1'")]
    [InlineData("--epochs 1 --epochs 2", "--epochs is given twice; give it once")]
    [InlineData("--epochs many", "--epochs is 'many'; it must be a whole number")]
    [InlineData("--epochs 0", "--epochs is 0; it must be from 1 to 100000")]
    [InlineData("--seed -1", "--seed is '-1'; it must be a whole number from 0 to 18446744073709551615")]
    [InlineData("--image-size 8 --patch-size 1", "--image-size is 8; it must be from 16 to 1024 pixels; --patch-size is 1; it must be from 2 to 64 pixels")]
    [InlineData("--patch-size 7", "--patch-size is 7; it must divide the image size, 64")]
    [InlineData("--image-size 32", "--patch-size is 8, which cuts 32 pixels into 4 patches a side; it must leave from 6 to 64, or the masks have no room")]
    [InlineData("--model huge --device tpu --precision half", "--model is 'huge'; it must be nano, tiny, small, base; --device is 'tpu'; it must be auto, cpu, cuda; --precision is 'half'; it must be float32, tensorfloat32, bfloat16")]
    [InlineData("--images /no/such", "--images is '/no/such', where there is no folder and no file; it must be a folder of images or a zip of one")]
    public void Mistakes_are_named_in_one_line(string arguments, string expected)
    {
        CommandLine.Parse(arguments.Split(' '), out string? error);

        error.Should().Be(expected + ". Run with --help to see all options.");
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("run1/deeper", true)]
    [InlineData("..", false)]
    [InlineData("../..images", false)]
    [InlineData("../other", false)]
    public void The_pictures_of_a_run_must_not_become_images_of_the_next(string output, bool refused)
    {
        using var folder = new TemporaryFolder();
        string images = folder.File("images");
        Directory.CreateDirectory(images);
        string path = Path.Combine(images, output);

        CommandLine.Parse(["--images", images, "--output", path], out string? error);

        error.Should().Be(refused ? $"--output is '{path}', within the folder of the images, '{images}'; it must lie outside of it. Run with --help to see all options." : null);
    }

    [Fact]
    public void Whoever_asks_for_help_gets_it_whatever_else_is_wrong()
    {
        CommandLine.Parse(["--nonsense", "1", "--help"], out string? error).Help.Should().BeTrue();
        error.Should().BeNull();
    }
}
