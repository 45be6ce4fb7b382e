namespace NJepa.Data.Tests;

public sealed class TransformTests
{
    [Fact]
    public void Augmentation_defaults_are_those_of_the_reference()
    {
        TrainingAugmentation defaults = new();

        defaults.Should().Be(TrainingAugmentation.Paper);
        (defaults.ImageSize, defaults.CropScaleMin, defaults.CropScaleMax, defaults.HorizontalFlip).Should().Be((224, 0.3, 1.0, false));
        (defaults.AspectRatioMin, defaults.AspectRatioMax).Should().Be((0.75, 4.0 / 3.0));
        TrainingAugmentation.SmallData.Should().Be(TrainingAugmentation.Paper with { HorizontalFlip = true });
        defaults.Validate().Should().BeEmpty();
    }

    [Fact]
    public void Evaluation_defaults_follow_the_image_size()
    {
        EvaluationTransform.Paper.ResizeShorterSide.Should().Be(256);
        (EvaluationTransform.Paper with { ImageSize = 96 }).ResizeShorterSide.Should().Be(110);
        (EvaluationTransform.Paper with { ResizeShorterSide = null }).ResizeShorterSide.Should().BeNull();
        (EvaluationTransform.Paper with { ResizeShorterSide = 300, ImageSize = 96 }).ResizeShorterSide.Should().Be(300);
        EvaluationTransform.CentralSquare(32).Should().Be(new EvaluationTransform { ImageSize = 32, ResizeShorterSide = 32 });
        EvaluationTransform.Paper.Validate().Should().BeEmpty();
    }

    [Fact]
    public void All_errors_are_listed()
    {
        new TrainingAugmentation { ImageSize = 0, CropScaleMin = 0.9, CropScaleMax = 0.5, AspectRatioMin = double.NaN }.Validate().Should().Equal(
            "ImageSize is 0; it must be from 1 to 8192 pixels.",
            "The crop scale is 0.9 to 0.5; it must satisfy 0 < CropScaleMin <= CropScaleMax <= 1.",
            "The aspect ratio is NaN to 1.3333333333333333; it must satisfy 0 < AspectRatioMin <= AspectRatioMax, both finite.");
        new EvaluationTransform { ImageSize = 9000, ResizeShorterSide = 100 }.Validate().Should().Equal(
            "ImageSize is 9000; it must be from 1 to 8192 pixels.",
            "ResizeShorterSide is 100; it must be from ImageSize (9000) to 16384 pixels, or null to squeeze the whole image.");
    }

    [Fact]
    public void A_crop_depends_on_seed_epoch_and_index_alone()
    {
        PixelBox Sample(ulong seed, long epoch, long index) => RandomResizedCrop.Sample(TrainingAugmentation.Paper, 500, 375, seed, epoch, index);

        Sample(1, 2, 3).Should().Be(Sample(1, 2, 3));
        new[] { Sample(1, 2, 3), Sample(0, 2, 3), Sample(1, 1, 3), Sample(1, 2, 4) }.Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 1000, 1, 1)]
    [InlineData(3000, 10, 13, 10)]
    [InlineData(10, 3000, 10, 13)]
    public void Extreme_shapes_fall_back_to_the_largest_central_box(int width, int height, int boxWidth, int boxHeight)
    {
        for (int i = 0; i < 50; i++)
        {
            PixelBox box = RandomResizedCrop.Sample(TrainingAugmentation.Paper, width, height, 0, 0, i);

            box.Should().Be(new PixelBox((height - boxHeight) / 2, (width - boxWidth) / 2, boxHeight, boxWidth));
        }
    }

    [Fact]
    public void Half_of_the_crops_are_mirrored_where_asked_for()
    {
        int Mirrored(TrainingAugmentation augmentation) => Enumerable.Range(0, 4000).Count(i => augmentation.Plan(100, 80, new SampleKey(0, 0, i)).Horizontal.Mirror);

        Mirrored(TrainingAugmentation.Paper).Should().Be(0);
        Mirrored(TrainingAugmentation.SmallData).Should().BeInRange(1850, 2150);
    }

    [Fact]
    public void Flipping_does_not_change_the_crop()
    {
        CropPlan plain = TrainingAugmentation.Paper.Plan(100, 80, new SampleKey(0, 0, 5));
        CropPlan flipped = TrainingAugmentation.SmallData.Plan(100, 80, new SampleKey(0, 0, 5));

        (flipped.Horizontal with { Mirror = false }, flipped.Vertical).Should().Be((plain.Horizontal, plain.Vertical));
    }

    [Fact]
    public void Thousands_of_pixels_can_become_one()
    {
        byte[] pixels = new byte[60_000 * 3];
        Array.Fill(pixels, byte.MaxValue);

        ImageResampler.Resize(new RgbImage(60_000, 1, pixels), 1, 1).Pixels.Should().Equal(255, 255, 255);
        ImageResampler.Resize(new RgbImage(1, 60_000, pixels), 1, 1).Pixels.Should().Equal(255, 255, 255);
    }

    [Fact]
    public void Resizing_to_the_same_size_changes_nothing()
    {
        RgbImage picture = Support.Pictures.Smooth(37, 23, 4);

        ImageResampler.Resize(picture, 37, 23).Pixels.Should().Equal(picture.Pixels);
    }

    [Theory]
    [InlineData(0, 0, 0, 5)]
    [InlineData(0, 0, 11, 5)]
    [InlineData(-1, 0, 5, 5)]
    [InlineData(0, 16, 5, 5)]
    public void A_box_outside_the_image_is_refused(int top, int left, int height, int width)
    {
        RgbImage picture = Support.Pictures.Smooth(20, 10);

        FluentActions.Invoking(() => ImageResampler.Resize(picture, new PixelBox(top, left, height, width), 4, 4)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("The box must lie inside the image of 20 x 10 pixels and hold at least one pixel.*");
    }

    [Fact]
    public void Pixels_that_do_not_fit_are_refused()
    {
        FluentActions.Invoking(() => new RgbImage(2, 2, new byte[11])).Should().Throw<ArgumentException>()
            .WithMessage("11 bytes do not make an image of 2 x 2 pixels; 12 bytes and at least one pixel are needed.*");
    }
}
