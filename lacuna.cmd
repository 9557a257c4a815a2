@echo off
rem Lacuna's launcher for Windows: builds on first use ('mvn clean' asks for it again), then runs the command line.
setlocal
set "HERE=%~dp0"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" -version >nul 2>&1 || (echo lacuna: java: expected JDK 17 or newer, found none; install one 1>&2 & exit /b 3)
if not exist "%HERE%src\sdk\target\classpath" (
  where mvn >nul 2>&1 || (echo lacuna: mvn: expected Maven 3.6.3 or newer, found none; install it 1>&2 & exit /b 3)
  echo lacuna: building 1>&2
  call mvn -B -Dquick -Dmaven.test.skip=true -pl src/sdk -am -f "%HERE%pom.xml" package 1>&2 || exit /b 1
)
for /f "usebackq delims=" %%c in ("%HERE%src\sdk\target\classpath") do set "DEPENDENCIES=%%c"
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=PASSIVE"
if not defined CUBLAS_WORKSPACE_CONFIG set "CUBLAS_WORKSPACE_CONFIG=:4096:8"
set "OPT_OUT_TRACKING=true"
set "ORT_DISABLE_TELEMETRY=1"
for %%j in ("%HERE%src\sdk\target\lacuna-sdk-?.?.?.jar") do set "JAR=%%j"
"%JAVA%" -Djava.awt.headless=true %LACUNA_JAVA_OPTS% -cp "%JAR%;%DEPENDENCIES%" ai.lacuna.cli.Main %*
exit /b %ERRORLEVEL%
