using NJepa.Samples.QuickStart.Drawing;
using NJepa.Samples.QuickStart.Running;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class QuickStartImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public QuickStartImagesTests() => DrawnPictures.WriteTo(
        _folder.File("p"), new DrawnPicturesOptions { Size = 16, TrainPerClass = 10, TestPerClass = 4, Classes = [PictureClass.Dots, PictureClass.Rings] });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_of_splits_are_used_as_they_are()
    {
        // The marker file of the drawn pictures is no image and does not hide the splits.
        using QuickStartImages images = QuickStartImages.Open(_folder.File("p"));

        (images.Pretraining.Count, images.EvaluationTraining.Count, images.EvaluationTest!.Count).Should().Be((20, 20, 8));
        images.Notes.Should().Equal("20 images of 2 classes to train on, 8 to test on");
    }

    [Fact]
    public void Without_splits_a_fifth_of_each_class_is_held_out()
    {
        using QuickStartImages images = QuickStartImages.Open(Path.Combine(_folder.File("p"), "train"));

        (images.Pretraining.Count, images.EvaluationTest!.Count).Should().Be((16, 4));
        Enumerable.Range(0, 4).Select(images.EvaluationTest.GetLabel).Should().Equal(0, 0, 1, 1);
        Names(images.Pretraining).Should().NotIntersectWith(Names(images.EvaluationTest));
        images.Notes.Should().Equal("16 images of 2 classes to train on, 4 to test on: a fifth of each class, chosen at random");
    }

    [Fact]
    public void One_class_is_not_split()
    {
        using QuickStartImages images = QuickStartImages.Open(Path.Combine(_folder.File("p"), "train", "dots"));

        images.Pretraining.Count.Should().Be(10);
        images.EvaluationTest.Should().BeNull();
    }

    [Fact]
    public void A_single_image_is_refused()
    {
        string folder = _folder.File("one");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(_folder.File("p"), "train", "dots", "0001.png"), Path.Combine(folder, "0001.png"));

        Action open = () => QuickStartImages.Open(folder);

        open.Should().Throw<QuickStartException>().WithMessage($"There is 1 image to train on in '{folder}'; at least 2 are needed, and some thousands for features worth having.");
    }

    private static string[] Names(NJepa.Data.IImageSource source) => [.. Enumerable.Range(0, source.Count).Select(source.GetName)];
}
