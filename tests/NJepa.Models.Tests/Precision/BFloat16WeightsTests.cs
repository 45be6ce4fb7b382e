using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Precisions;

/// <summary>A bfloat16 model keeps float32 weights, and its networks read what was last copied from them.</summary>
public sealed class BFloat16WeightsTests : TensorTest
{
    private static JepaModel Model() => OneStep.Model(Small.NJepa().WithPrecision(Precision.BFloat16));

    private static float[] Features(ViTEncoder encoder)
    {
        using Tensor images = Small.Images(), features = encoder.Encode(images);
        return Small.Values(features);
    }

    // Adds to every weight of student and predictors; 0.5 is more than any bfloat16 rounding here.
    private static void Add(JepaModel model, double value = 0.5)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        model.Parameters.Values.add_(value);
    }

    [Fact]
    public void Weights_gradients_and_files_are_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using JepaModel model = Model();
        OneStep.Of(model);
        model.SaveWeights(folder.File("model"));
        model.Teacher.Save(folder.File("teacher"));

        Tensor[] all =
        [
            model.Parameters.Values, model.Parameters.Gradients!, model.TeacherParameters.Values,
            .. model.Parameters.Parameters.SelectMany(parameter => new[] { parameter.Value, parameter.Gradient! }), .. model.TeacherParameters.Parameters.Select(parameter => parameter.Value),
        ];
        all.Should().OnlyContain(tensor => tensor.dtype == ScalarType.Float32);
        foreach (string name in new[] { "model", "teacher" })
        {
            using SafetensorsFile file = SafetensorsFile.Open(folder.File(name));
            file.Entries.Should().NotBeEmpty().And.OnlyContain(entry => entry.Type == ScalarType.Float32);
        }
    }

    [Fact]
    public void Features_and_losses_are_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Model();
        Tensor images = Small.Images();

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        Tensor[] all = [model.Student.Encode(images), model.Teacher.Encode(images), model.Student.EncodePooled(images), model.Student.EncodePooled(images, 2), outputs.CleanBMTD, outputs.NoisyBMTD!, outputs.TargetsBMTD, losses.Total];
        all.Should().OnlyContain(tensor => tensor.dtype == ScalarType.Float32);
    }

    [Fact]
    public void Updates_that_bfloat16_cannot_tell_apart_are_kept_and_show_when_there_are_enough()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using JepaModel model = Model();
        Tensor weight = model.Parameters["encoder.norm.weight"].Value;
        weight.fill_(1);
        model.RefreshWeights();
        float[] before = Features(model.Student);

        // Above 1 the next bfloat16 number is 1 + 2^-7.
        for (int step = 1; step <= 8; step++)
        {
            weight.add_(1.0 / 1024);
            model.RefreshWeights();
            if (step == 1)
            {
                Features(model.Student).Should().Equal(before);
            }
        }

        Small.Values(weight).Should().OnlyContain(value => value == 1 + (1 / 128f));
        Features(model.Student).Should().NotEqual(before);
    }

    [Fact]
    public void Weights_that_are_changed_directly_show_after_RefreshWeights()
    {
        using JepaModel model = Model();
        (float[] student, float[] teacher) = (Features(model.Student), Features(model.Teacher));
        Add(model);
        using (no_grad())
        using (DisposeScope scope = NewDisposeScope())
        {
            model.TeacherParameters.Values.mul_(2);
        }

        Features(model.Student).Should().Equal(student);
        Features(model.Teacher).Should().Equal(teacher);
        model.RefreshWeights();
        Features(model.Student).Should().NotEqual(student);
        Features(model.Teacher).Should().NotEqual(teacher);
    }

    [Theory]
    [InlineData("UpdateTeacher")]
    [InlineData("ResetTeacher")]
    [InlineData("LoadWeights")]
    public void What_changes_weights_refreshes_them_in_student_and_teacher(string change)
    {
        using var folder = new TemporaryFolder();
        using JepaModel model = Model();
        (float[] student, float[] teacher) = (Features(model.Student), Features(model.Teacher));
        Add(model);
        switch (change)
        {
            case "UpdateTeacher":
                model.UpdateTeacher(0.5);
                break;
            case "ResetTeacher":
                model.ResetTeacher();
                break;
            default:
                using (JepaModel other = Small.NJepa().WithSeed(5).Build())
                {
                    other.SaveWeights(folder.File("other"));
                }

                model.LoadWeights(folder.File("other"));
                break;
        }

        Features(model.Student).Should().NotEqual(student);
        Features(model.Teacher).Should().NotEqual(teacher);
        if (change != "UpdateTeacher")
        {
            Features(model.Teacher).Should().Equal(Features(model.Student));
        }
    }

    [Fact]
    public void The_average_is_taken_in_float32()
    {
        using JepaModel exact = OneStep.Model(Small.NJepa()), rounded = Model();
        for (int step = 0; step < 3; step++)
        {
            exact.UpdateTeacher(0.999);
            rounded.UpdateTeacher(0.999);
        }

        Small.ShouldBeBitEqual(rounded.TeacherParameters.Values, exact.TeacherParameters.Values);
    }

    [Fact]
    public void Files_go_from_bfloat16_to_float32_models_and_back_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        using JepaModel rounded = Model(), exact = Small.NJepa().Build(), again = Small.NJepa().WithPrecision(Precision.BFloat16).Build();
        rounded.SaveWeights(folder.File("a"));
        exact.LoadWeights(folder.File("a"));
        exact.SaveWeights(folder.File("b"));
        again.LoadWeights(folder.File("b"));

        foreach (JepaModel copy in new[] { exact, again })
        {
            Small.ShouldBeBitEqual(copy.Parameters.Values, rounded.Parameters.Values);
            Small.ShouldBeBitEqual(copy.TeacherParameters.Values, rounded.TeacherParameters.Values);
        }

        File.ReadAllBytes(folder.File("b")).Should().Equal(File.ReadAllBytes(folder.File("a")));
        Features(again.Student).Should().Equal(Features(rounded.Student));
    }
}
