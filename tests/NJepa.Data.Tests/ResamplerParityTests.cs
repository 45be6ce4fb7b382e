using System.Text.Json;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

/// <summary>Against crops and resizes of the reference pipeline (Pillow 9.4, torchvision 0.14).</summary>
public sealed class ResamplerParityTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures");
    private static readonly Safetensors Tensors = new(Path.Combine(Folder, "g_image_ops.safetensors"));
    private static readonly JsonElement Facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "g_image_ops.json"))).RootElement;

    [Theory]
    [InlineData("down")]
    [InlineData("up")]
    [InlineData("full")]
    public void Crop_and_resize_equal_the_reference_bit_for_bit(string name)
    {
        (PixelBox box, int size) = Case(name);

        RgbImage resized = ImageResampler.Resize(Input(), box, size, size);

        resized.Pixels.Select(value => (int)value).Should().Equal(Tensors.Read<int>($"{name}.resized_hwc_as_int32", "I32"));
    }

    [Theory]
    [InlineData("down")]
    [InlineData("up")]
    [InlineData("full")]
    public void A_mirrored_crop_is_the_mirror_image_of_the_crop(string name)
    {
        (PixelBox box, int size) = Case(name);
        RgbImage straight = ImageResampler.Resize(Input(), box, size, size);

        RgbImage mirrored = ImageResampler.Resize(Input(), box, size, size, mirror: true);

        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                Pixel(mirrored, x, y).Should().Be(Pixel(straight, size - 1 - x, y));
            }
        }
    }

    [Fact]
    public void Crop_boxes_have_the_statistics_of_the_reference()
    {
        JsonElement statistics = Facts.GetProperty("random_resized_crop").GetProperty("statistics_375x500");
        const int n = 20_000;
        PixelBox[] boxes = [.. Enumerable.Range(0, n).Select(i => RandomResizedCrop.Sample(TrainingAugmentation.Paper, 500, 375, seed: 1, epoch: 2, index: i))];
        double[] areas = [.. boxes.Select(box => box.Width * (double)box.Height / (375 * 500))];
        double mean = areas.Average();

        mean.Should().BeApproximately(statistics.GetProperty("area_mean").GetDouble(), 0.005);
        Math.Sqrt(areas.Average(area => (area - mean) * (area - mean))).Should().BeApproximately(statistics.GetProperty("area_std").GetDouble(), 0.004);
        areas.Min().Should().BeApproximately(statistics.GetProperty("area_min").GetDouble(), 0.003);
        areas.Max().Should().BeGreaterThan(0.99).And.BeLessThanOrEqualTo(1);
        boxes.Average(box => box.Width / (double)box.Height).Should().BeApproximately(statistics.GetProperty("ratio_mean").GetDouble(), 0.006);
        boxes.Average(box => box.Top).Should().BeApproximately(statistics.GetProperty("top_mean").GetDouble(), 1.2);
        boxes.Average(box => box.Left).Should().BeApproximately(statistics.GetProperty("left_mean").GetDouble(), 2);
        boxes.Should().OnlyContain(box => box.Top >= 0 && box.Left >= 0 && box.Top + box.Height <= 375 && box.Left + box.Width <= 500);
    }

    [Fact]
    public void Crop_boxes_of_the_reference_have_the_same_statistics_for_other_shapes()
    {
        foreach (JsonProperty shape in Facts.GetProperty("random_resized_crop").GetProperty("seed0_params_top_left_h_w").EnumerateObject())
        {
            int[] sides = [.. shape.Name.Split('x').Select(int.Parse)];
            double reference = shape.Value.EnumerateArray().Average(box => box[2].GetInt32() * (double)box[3].GetInt32() / (sides[0] * sides[1]));
            int count = shape.Value.GetArrayLength();

            double ours = Enumerable.Range(0, 4000).Select(i => RandomResizedCrop.Sample(TrainingAugmentation.Paper, sides[1], sides[0], 0, 0, i))
                .Average(box => box.Height * (double)box.Width / (sides[0] * sides[1]));

            // Five standard errors of the reference's few boxes.
            ours.Should().BeApproximately(reference, 5 * 0.2 / Math.Sqrt(count), shape.Name);
        }
    }

    private static (PixelBox Box, int Size) Case(string name)
    {
        JsonElement facts = Facts.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        int Number(string property) => facts.GetProperty(property).GetInt32();
        return (new PixelBox(Number("top"), Number("left"), Number("height"), Number("width")), Number("size"));
    }

    private static RgbImage Input()
    {
        int[] shape = Tensors.Shape("input_hwc_as_int32");
        return new RgbImage(shape[1], shape[0], [.. Tensors.Read<int>("input_hwc_as_int32", "I32").Select(value => (byte)value)]);
    }

    private static (byte, byte, byte) Pixel(RgbImage image, int x, int y)
    {
        int i = ((y * image.Width) + x) * 3;
        return (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]);
    }
}
